// Extracts as readers get them.
#ifndef CONCORDAT_TESTS_SUPPORT_READ_EXTRACT_H_
#define CONCORDAT_TESTS_SUPPORT_READ_EXTRACT_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "concordat/v1/release_service.pb.h"
#include "gtest/gtest.h"
#include "tests/support/call.h"
#include "tests/support/test_partnership.h"

namespace concordat::e2e {

// A whole extract as its reader gets it.
struct Extract {
  Outcome outcome;
  std::vector<std::string> messages;
  std::vector<v1::ExtractObservationsResponse> parts;
  std::string file;

  const v1::ExtractObservationsResponse::Header& header() const { return parts.front().header(); }
  const v1::ExtractObservationsResponse::Manifest& manifest() const {
    return parts.back().manifest();
  }
};

inline Extract ReadExtract(TestPartnership& partnership, const Partner& partner,
                           const v1::ExtractObservationsRequest& request) {
  Extract extract;
  StreamCall call(partnership.ChannelOf(partner), PathOf(*request.GetDescriptor()),
                  TestPartnership::PurposeOf(partner));
  EXPECT_TRUE(call.Write(request.SerializeAsString()));
  call.CloseWrites();
  while (std::optional<std::string> message = call.Read()) {
    v1::ExtractObservationsResponse& part = extract.parts.emplace_back();
    EXPECT_TRUE(part.ParseFromString(*message));
    extract.file += part.chunk().data();
    extract.messages.push_back(*std::move(message));
  }
  extract.outcome = call.Finish();
  return extract;
}

// Rows of cells (RFC 4180).
inline std::vector<std::vector<std::string>> ParseCsv(const std::string& text) {
  std::vector<std::vector<std::string>> rows;
  std::vector<std::string> row;
  std::string cell;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c != '"') {
        cell.push_back(c);
      } else if (i + 1 < text.size() && text[i + 1] == '"') {
        cell.push_back(text[++i]);
      } else {
        quoted = false;
      }
    } else if (c == '"') {
      quoted = true;
    } else if (c == ',' || c == '\n') {
      row.push_back(std::move(cell));
      cell.clear();
      if (c == '\n') {
        rows.push_back(std::move(row));
        row.clear();
      }
    } else if (c != '\r') {
      cell.push_back(c);
    }
  }
  EXPECT_EQ(cell, "") << "the last line has no end";
  return rows;
}

}  // namespace concordat::e2e

#endif  // CONCORDAT_TESTS_SUPPORT_READ_EXTRACT_H_
