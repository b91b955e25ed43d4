// What Client::Extract makes of whole and of damaged extracts.
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "base/digest.h"
#include "base/status.h"
#include "client/mocks/mock_connection.h"
#include "concordat/client.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace concordat {
namespace {

using ::testing::_;
using ::testing::HasSubstr;
using Message = v1::ExtractObservationsResponse;

constexpr char kRelease[] = "releases/papers-2018";
const char* const kFirst = "measure,value\r\na,1\r\n";
const char* const kSecond = "b,\"two\nlines\"\r\n";

Message Chunk(int64_t index, const std::string& data) {
  Message message;
  message.mutable_chunk()->set_index(index);
  message.mutable_chunk()->set_data(data);
  message.mutable_chunk()->set_sha256(Sha256Of(data));
  return message;
}

// A whole extract of two rows, the second with a line end inside a field.
std::vector<Message> WholeExtract() {
  std::vector<Message> messages(1);
  messages[0].mutable_header()->set_release(kRelease);
  messages.push_back(Chunk(0, kFirst));
  messages.push_back(Chunk(1, kSecond));
  const std::string file = std::string(kFirst) + kSecond;
  Message::Manifest& manifest = *messages.emplace_back().mutable_manifest();
  manifest.set_rows(2);
  manifest.set_chunks(2);
  manifest.set_bytes(static_cast<int64_t>(file.size()));
  manifest.set_sha256(Sha256Of(file));
  return messages;
}

struct Extracted {
  absl::StatusOr<ExtractSummary> summary;
  std::string bytes;
};

Extracted Extract(const std::vector<Message>& messages, absl::Status sink_status = {}) {
  auto connection = std::make_shared<MockConnection>();
  EXPECT_CALL(*connection, ExtractObservations(_, _, _))
      .WillOnce([&](const auto&, Connection::ExtractMessageSink sink, const CallOptions& options) {
        options.receipt->set_origin("log.test");
        options.receipt->set_index(7);
        for (const Message& message : messages) RETURN_IF_ERROR(sink(message));
        return absl::OkStatus();
      });
  v1::ExtractObservationsRequest request;
  request.set_parent(kRelease);
  request.set_format(v1::ExtractObservationsRequest::CSV);
  Extracted extracted;
  extracted.summary = Client(connection).Extract(request, [&](absl::string_view bytes) {
    extracted.bytes += std::string(bytes);
    return sink_status;
  });
  return extracted;
}

TEST(ExtractTest, WholeExtractReachesTheSinkAndHasASummary) {
  const Extracted extracted = Extract(WholeExtract());
  ASSERT_TRUE(extracted.summary.ok()) << extracted.summary.status();
  EXPECT_EQ(extracted.bytes, std::string(kFirst) + kSecond);
  EXPECT_EQ(extracted.summary->manifest.rows(), 2);
  EXPECT_EQ(extracted.summary->header.release(), kRelease);
}

TEST(ExtractTest, ErrorOfTheSinkIsReturned) {
  const Extracted extracted = Extract(WholeExtract(), absl::ResourceExhaustedError("disk full"));
  EXPECT_EQ(extracted.summary.status(), absl::ResourceExhaustedError("disk full"));
}

TEST(ExtractTest, ReceiptStandsOnTheErrorOfAnExtractThatStopped) {
  std::vector<Message> messages = WholeExtract();
  messages.pop_back();
  const auto receipt = PayloadOf<Receipt>(Extract(messages).summary.status());
  ASSERT_TRUE(receipt.has_value());
  EXPECT_EQ(receipt->index(), 7u);
}

// One way to damage a whole extract, and the word that names it.
struct Damage {
  const char* name;
  std::function<void(std::vector<Message>&)> apply;
  const char* says;
};

class ExtractDamageTest : public ::testing::TestWithParam<Damage> {};

TEST_P(ExtractDamageTest, IsDataLoss) {
  std::vector<Message> messages = WholeExtract();
  GetParam().apply(messages);
  const absl::Status status = Extract(messages).summary.status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().says));
}

using Messages = std::vector<Message>;

INSTANTIATE_TEST_SUITE_P(
    EachKind, ExtractDamageTest,
    ::testing::Values(
        Damage{"NothingCame", [](Messages& m) { m.clear(); }, "before its manifest"},
        Damage{"NoHeader", [](Messages& m) { m.erase(m.begin()); }, "header did not come first"},
        Damage{"SecondHeader", [](Messages& m) { m.insert(m.begin() + 1, m[0]); },
               "header came twice"},
        Damage{"OtherRelease",
               [](Messages& m) { m[0].mutable_header()->set_release("releases/other"); },
               "another release"},
        Damage{"ChunkMissing", [](Messages& m) { m.erase(m.begin() + 1); }, "chunk 1 came where"},
        Damage{"ChunkTwice", [](Messages& m) { m.insert(m.begin() + 1, m[1]); },
               "chunk 0 came where"},
        Damage{"ChunksSwapped", [](Messages& m) { std::swap(m[1], m[2]); }, "chunk 1 came where"},
        Damage{"ByteChanged", [](Messages& m) { (*m[1].mutable_chunk()->mutable_data())[0] ^= 1; },
               "digest of chunk 0"},
        Damage{"ChunkTooLarge",
               [](Messages& m) { m[1] = Chunk(0, std::string(64 * 1024 + 1, 'x')); },
               "larger than 64 KiB"},
        Damage{"NoManifest", [](Messages& m) { m.pop_back(); }, "before its manifest"},
        Damage{"LastChunkMissing", [](Messages& m) { m.erase(m.begin() + 2); }, "1 chunks came"},
        Damage{"OtherBytes", [](Messages& m) { m[3].mutable_manifest()->set_bytes(1); },
               "bytes came"},
        Damage{"OtherRows", [](Messages& m) { m[3].mutable_manifest()->set_rows(3); },
               "2 rows came"},
        Damage{"OtherDigest",
               [](Messages& m) { m[3].mutable_manifest()->set_sha256(std::string(32, 'x')); },
               "digest of the whole"},
        Damage{"MessageAfterManifest", [](Messages& m) { m.push_back(m[1]); },
               "after its manifest"},
        Damage{"UnknownPart", [](Messages& m) { m[1].clear_part(); }, "no known part"}),
    [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace concordat
