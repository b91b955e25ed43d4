// Rag and status as cells: the word first, colour only as an extra.
#ifndef CONCORDAT_CLIENT_CLI_RAG_CELLS_H_
#define CONCORDAT_CLIENT_CLI_RAG_CELLS_H_

#include "client/cli/table.h"
#include "concordat/v1/plan.pb.h"

namespace concordat::cli {

// The style that goes with a colour's word.
Style StyleOf(v1::Rag::Color color);

// `RED`, or `NOT REPORTED`.
Cell RagCell(v1::Rag::Color color);

// `complete`; `not stated` when the document does not say.
Cell StatusCell(v1::Action::Status status);

}  // namespace concordat::cli

#endif  // CONCORDAT_CLIENT_CLI_RAG_CELLS_H_
