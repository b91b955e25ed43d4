// Errors as a person reads them: what happened, why, and what to do next.
#ifndef CONCORDAT_CLIENT_CLI_ERROR_TEXT_H_
#define CONCORDAT_CLIENT_CLI_ERROR_TEXT_H_

#include <string>

#include "absl/status/status.h"
#include "concordat/options.h"

namespace concordat::cli {

// The lines for `error`, which is not OK: what; each wrong field, if there are
// several; the reason with the receipt, unless the error is of this machine; the
// next step.
std::string ErrorText(const absl::Status& error);

// What to do about `error`, as the last line of ErrorText has it.
std::string NextStepText(const absl::Status& error);

// `log ORIGIN index N`.
std::string ReceiptText(const Receipt& receipt);

}  // namespace concordat::cli

#endif  // CONCORDAT_CLIENT_CLI_ERROR_TEXT_H_
