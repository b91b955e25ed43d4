#include "client/cli/rag_cells.h"

#include "client/cli/text.h"

namespace concordat::cli {

Style StyleOf(v1::Rag::Color color) {
  switch (color) {
    case v1::Rag::RED:
      return Style::kRed;
    case v1::Rag::AMBER:
      return Style::kAmber;
    case v1::Rag::GREEN:
      return Style::kGreen;
    case v1::Rag::BLUE:
      return Style::kBlue;
    case v1::Rag::NOT_REPORTED:
      return Style::kFaint;
    default:
      return Style::kPlain;
  }
}

Cell RagCell(v1::Rag::Color color) { return {SpacedWords(NameOf(color)), StyleOf(color)}; }

Cell StatusCell(v1::Action::Status status) {
  if (status == v1::Action::STATUS_UNSPECIFIED) return {"not stated", Style::kFaint};
  return {LowerWords(NameOf(status)), Style::kPlain};
}

}  // namespace concordat::cli
