// The figures as one file: what is sent, what it sums to, and what the audit
// log says about it.
#include <algorithm>
#include <csignal>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/civil_time.h"
#include "base/digest.h"
#include "base/resource_name.h"
#include "concordat/v1/measure_service.pb.h"
#include "concordat/v1/release_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/certificates.h"
#include "tests/support/read_extract.h"
#include "tests/support/server_process.h"
#include "tests/support/test_partnership.h"

namespace concordat::e2e {
namespace {

using testing::AllOf;
using testing::Gt;
using testing::IsEmpty;
using testing::Le;
using Request = v1::ExtractObservationsRequest;
using Part = v1::ExtractObservationsResponse;

constexpr size_t kMaxChunkBytes = 64 * 1024;
const std::string kPath = PathOf(*Request::descriptor());

Request RequestFor(const std::string& release, Request::Format format) {
  Request request;
  request.set_parent(release);
  request.set_format(format);
  return request;
}

// SHA-256 over each message's length, big-endian in four bytes, and its bytes.
std::string ResponseDigest(const std::vector<std::string>& messages) {
  Sha256 digest;
  for (const std::string& message : messages) {
    const auto size = static_cast<uint32_t>(message.size());
    digest.Update(std::string{static_cast<char>(size >> 24), static_cast<char>(size >> 16),
                              static_cast<char>(size >> 8), static_cast<char>(size)});
    digest.Update(message);
  }
  return digest.Finish();
}

int64_t TotalSize(const std::vector<std::string>& messages) {
  int64_t size = 0;
  for (const std::string& message : messages) size += static_cast<int64_t>(message.size());
  return size;
}

// Imports the papers' figures so many times over, under `release`.
void ImportLarge(TestPartnership& partnership, const std::string& release, int copies) {
  auto request = ReadDataFile<v1::ImportReleaseRequest>("releases/papers-2018.yaml");
  request.mutable_release()->set_name(release);
  const auto figures = request.observations();
  request.clear_observations();
  for (int copy = 0; copy < copies; ++copy) {
    for (v1::Observation figure : figures) {
      figure.set_name(
          absl::StrCat(release, "/observations/", copy, "-", LastIdentifier(figure.name())));
      *request.add_observations() = std::move(figure);
    }
  }
  partnership.Get<v1::ImportReleaseResponse>(kAdmin, request);
}

class ExtractTest : public testing::Test {
 protected:
  static constexpr char kLarge[] = "releases/large";

  static void SetUpTestSuite() {
    TestPartnership::Options options;
    options.configure = [](server::v1::ServerConfig& config) {
      config.mutable_limits()->set_max_request_bytes(8 << 20);
    };
    partnership_ = new TestPartnership(options);
    ImportLarge(*partnership_, kLarge, 10);
  }
  static void TearDownTestSuite() {
    delete partnership_;
    partnership_ = nullptr;
  }
  static TestPartnership& partnership() { return *partnership_; }

  // The record of the stream's opening, which the one of its end cites.
  static v1::AuditRecord OpeningOf(const v1::AuditRecord& ending) {
    const auto index = static_cast<uint64_t>(ending.opening_index());
    return ReadAudit(partnership().database_path(), index).at(0).record;
  }

 private:
  static TestPartnership* partnership_;
};

TestPartnership* ExtractTest::partnership_ = nullptr;

TEST_F(ExtractTest, LeavesOutWhatWasKnownBeforeChangedSince) {
  Request request = RequestFor(kLarge, Request::NDJSON);
  *request.mutable_filter()->mutable_changed_since() = ToTimestamp(absl::Now() + absl::Hours(1));
  const Extract later = ReadExtract(partnership(), kBoard, request);
  ASSERT_TRUE(later.outcome.ok()) << later.outcome.Text();
  EXPECT_EQ(later.manifest().rows(), 0);
  *request.mutable_filter()->mutable_changed_since() = ToTimestamp(absl::UnixEpoch());
  EXPECT_EQ(ReadExtract(partnership(), kBoard, request).manifest().rows(), 4230);
}

TEST_F(ExtractTest, IsAHeaderChunksAndAManifestThatAddsUp) {
  for (const Request::Format format : {Request::CSV, Request::NDJSON}) {
    SCOPED_TRACE(Request::Format_Name(format));
    const Extract extract = ReadExtract(partnership(), kBoard, RequestFor(kLarge, format));
    ASSERT_TRUE(extract.outcome.ok()) << extract.outcome.Text();
    ASSERT_GT(extract.parts.size(), 5U);
    EXPECT_EQ(extract.header().release(), kLarge);
    EXPECT_EQ(extract.header().agreement(), "agreements/multi-agency-assurance");
    EXPECT_EQ(extract.header().agreement_version(), 1);
    v1::GetReleaseRequest get;
    get.set_name(kLarge);
    EXPECT_EQ(extract.header().release_digest(),
              partnership().Get<v1::Release>(kBoard, get).digest());
    for (size_t i = 1; i + 1 < extract.parts.size(); ++i) {
      ASSERT_TRUE(extract.parts[i].has_chunk());
      const Part::Chunk& chunk = extract.parts[i].chunk();
      EXPECT_EQ(chunk.index(), static_cast<int64_t>(i) - 1);
      EXPECT_THAT(chunk.data().size(), AllOf(Gt(0U), Le(kMaxChunkBytes)));
      EXPECT_EQ(chunk.data().back(), '\n');
      EXPECT_EQ(chunk.sha256(), Sha256Of(chunk.data()));
    }
    ASSERT_TRUE(extract.parts.back().has_manifest());
    EXPECT_EQ(extract.manifest().rows(), 4230);
    EXPECT_EQ(extract.manifest().chunks(), static_cast<int64_t>(extract.parts.size()) - 2);
    EXPECT_EQ(extract.manifest().bytes(), static_cast<int64_t>(extract.file.size()));
    EXPECT_EQ(extract.manifest().sha256(), Sha256Of(extract.file));
    // A line a figure, and in CSV one of titles.
    EXPECT_EQ(std::count(extract.file.begin(), extract.file.end(), '\n'),
              4230 + (format == Request::CSV ? 1 : 0));
  }
}

TEST_F(ExtractTest, GoesOnAtEveryChunkAndItsManifestIsOfTheWhole) {
  const Extract whole = ReadExtract(partnership(), kBoard, RequestFor(kLarge, Request::CSV));
  ASSERT_TRUE(whole.outcome.ok()) << whole.outcome.Text();
  const int64_t chunks = whole.manifest().chunks();
  ASSERT_GT(chunks, 5);
  int64_t rows_before = -1;  // The line of titles is none.
  for (int64_t first = 0; first <= chunks; ++first) {
    SCOPED_TRACE(first);
    Request request = RequestFor(kLarge, Request::CSV);
    request.set_first_chunk(first);
    const Extract rest = ReadExtract(partnership(), kBoard, request);
    ASSERT_TRUE(rest.outcome.ok()) << rest.outcome.Text();
    EXPECT_EQ(rest.messages.front(), whole.messages.front());
    EXPECT_EQ(rest.messages.back(), whole.messages.back());
    EXPECT_TRUE(std::equal(rest.messages.begin() + 1, rest.messages.end(),
                           whole.messages.begin() + 1 + first, whole.messages.end()));
    // Only what was sent again counts as sent.
    const v1::AuditRecord ending =
        ReadAudit(partnership().database_path(), rest.outcome.receipt->index()).at(0).record;
    EXPECT_EQ(ending.rows(),
              first == 0 ? whole.manifest().rows() : whole.manifest().rows() - rows_before);
    if (first == chunks) break;
    const std::string& data = whole.parts[static_cast<size_t>(first) + 1].chunk().data();
    rows_before += std::count(data.begin(), data.end(), '\n');
  }
  Request beyond = RequestFor(kLarge, Request::CSV);
  beyond.set_first_chunk(chunks + 1);
  const Extract refused = ReadExtract(partnership(), kBoard, beyond);
  EXPECT_EQ(refused.outcome.reason(), v1::FIELDS_INVALID) << refused.outcome.Text();
  EXPECT_THAT(refused.file, IsEmpty());
}

TEST_F(ExtractTest, ForSpreadsheetsSymbolsStandBesideTheirFigures) {
  const Extract extract =
      ReadExtract(partnership(), kBoard, RequestFor("releases/papers-2018", Request::EXCEL_CSV));
  ASSERT_TRUE(extract.outcome.ok()) << extract.outcome.Text();
  ASSERT_EQ(extract.file.substr(0, 3), "\xEF\xBB\xBF");
  const auto rows = ParseCsv(extract.file.substr(3));
  ASSERT_EQ(static_cast<int64_t>(rows.size()), extract.manifest().rows() + 1);
  int symbols = 0;
  for (size_t column = 0; column + 1 < rows[0].size(); ++column) {
    if (rows[0][column + 1] != rows[0][column] + "_status") continue;
    for (size_t i = 1; i < rows.size(); ++i) {
      double value = 0;
      const bool is_number = absl::SimpleAtod(rows[i][column], &value);
      EXPECT_EQ(rows[i][column].empty(), !is_number) << rows[i][column];
      EXPECT_EQ(rows[i][column + 1].empty(), is_number) << rows[i][column + 1];
      symbols += is_number ? 0 : 1;
    }
  }
  EXPECT_GT(symbols, 0);
}

TEST_F(ExtractTest, ATidyFileHoldsPeriodsOfOneKindAlone) {
  Request request = RequestFor("releases/papers-2018", Request::TIDY_CSV);
  const Extract mixed = ReadExtract(partnership(), kBoard, request);
  EXPECT_EQ(mixed.outcome.reason(), v1::FIELDS_INVALID) << mixed.outcome.Text();
  EXPECT_NE(mixed.outcome.Text().find("period_kind"), std::string::npos) << mixed.outcome.Text();

  request.set_period_kind(v1::Period::FINANCIAL_YEAR);
  const Extract extract = ReadExtract(partnership(), kBoard, request);
  ASSERT_TRUE(extract.outcome.ok()) << extract.outcome.Text();
  const auto rows = ParseCsv(extract.file);
  ASSERT_GT(rows.size(), 50U);
  for (size_t i = 1; i < rows.size(); ++i) EXPECT_EQ(rows[i][1], "Financial year");

  request.set_format(Request::TIDY_METADATA);
  const Extract metadata = ReadExtract(partnership(), kBoard, request);
  ASSERT_TRUE(metadata.outcome.ok()) << metadata.outcome.Text();
  EXPECT_EQ(metadata.manifest().rows(), 0);
  EXPECT_EQ(metadata.header().file_name(), "papers-2018.meta.csv");
  for (const auto& row : ParseCsv(metadata.file)) {
    EXPECT_TRUE(row[0] == "col_name" || std::count(rows[0].begin(), rows[0].end(), row[0]) == 1)
        << row[0];
  }
}

TEST_F(ExtractTest, TheBundledReleaseKeepsItsBytesInEveryLayout) {
  // Partners compare what they have by its digest: a change here is one that the change
  // log has to tell them of.
  struct Case {
    Request::Format format;
    const char* sha256;
  };
  const Case cases[] = {
      {Request::CSV, "5bf39843e6d2fd6ab8d33da015a1608e7477dbefb6ea8b08a7f73c1568930a52"},
      {Request::EXCEL_CSV, "17b668d52a5949ca3a661f5ee27cbb13f85d0a9dbb5f5d59cb6185735652f999"},
      {Request::NDJSON, "53320d15ca4e7ff848288de90802143f010c9845505f6804db3517b91f73e21f"},
      {Request::TIDY_CSV, "90e22bec96b7e55d9d5bc9adaf4845624cc55bde48c128be1f900feec37f6b02"},
      {Request::TIDY_METADATA, "cb7f38c840abe70bd62c327be5725a0dc3c803d8dfeed39443a144db4f74ec54"}};
  for (const Case& expected : cases) {
    SCOPED_TRACE(Request::Format_Name(expected.format));
    Request request = RequestFor("releases/papers-2018", expected.format);
    const bool is_tidy =
        expected.format == Request::TIDY_CSV || expected.format == Request::TIDY_METADATA;
    if (is_tidy) request.set_period_kind(v1::Period::FINANCIAL_YEAR);
    const Extract extract = ReadExtract(partnership(), kBoard, request);
    ASSERT_TRUE(extract.outcome.ok()) << extract.outcome.Text();
    EXPECT_EQ(absl::BytesToHexString(Sha256Of(extract.file)), expected.sha256);
  }
}

TEST_F(ExtractTest, ItsRowsAreTheFiguresThatAreListed) {
  for (const Partner& partner : {kPolice, kHealthTrust, kBoard}) {
    SCOPED_TRACE(partner.client);
    v1::ListObservationsRequest list;
    list.set_parent("releases/papers-2018");
    list.set_page_size(1000);
    const auto figures = partnership().Get<v1::ListObservationsResponse>(partner, list);
    const Extract extract =
        ReadExtract(partnership(), partner, RequestFor("releases/papers-2018", Request::CSV));
    ASSERT_TRUE(extract.outcome.ok()) << extract.outcome.Text();
    const auto rows = ParseCsv(extract.file);
    ASSERT_EQ(rows.size(), static_cast<size_t>(figures.observations_size()) + 1);
    EXPECT_EQ(extract.manifest().rows(), figures.observations_size());
    std::map<std::string, size_t> column;
    for (size_t i = 0; i < rows[0].size(); ++i) column[rows[0][i]] = i;
    for (int i = 0; i < figures.observations_size(); ++i) {
      const v1::Observation& figure = figures.observations(i);
      const std::vector<std::string>& row = rows[static_cast<size_t>(i) + 1];
      SCOPED_TRACE(figure.name());
      ASSERT_EQ(row.size(), rows[0].size());
      EXPECT_EQ(row[column.at("measure")], LastIdentifier(figure.measure()));
      EXPECT_EQ(row[column.at("source_line")], absl::StrCat(figure.source().line()));
      EXPECT_EQ(row[column.at("period_start")], FormatDay(*ToCivilDay(figure.period().start())));
      EXPECT_EQ(row[column.at("period_end")], FormatDay(*ToCivilDay(figure.period().end())));
      double value = 0;
      EXPECT_EQ(absl::SimpleAtod(row[column.at("value")], &value), figure.has_value());
      EXPECT_NEAR(value, figure.value(), 1e-9);
    }
  }
}

TEST_F(ExtractTest, AFilterHoldsForTheFileAsForTheList) {
  Request request = RequestFor("releases/papers-2018", Request::CSV);
  request.mutable_filter()->set_topic("domestic-abuse");
  request.mutable_filter()->add_comparators(v1::Observation::OWN);
  v1::ListObservationsRequest list;
  list.set_parent("releases/papers-2018");
  list.set_page_size(1000);
  *list.mutable_filter() = request.filter();
  const auto figures = partnership().Get<v1::ListObservationsResponse>(kBoard, list);
  const Extract extract = ReadExtract(partnership(), kBoard, request);
  EXPECT_GT(extract.manifest().rows(), 0);
  EXPECT_EQ(extract.manifest().rows(), figures.observations_size());
  EXPECT_LT(extract.manifest().rows(), 423);
}

TEST_F(ExtractTest, WhatTheScopeLeavesOutIsNotInTheFile) {
  const Extract extract =
      ReadExtract(partnership(), kPolice, RequestFor("releases/papers-2018", Request::NDJSON));
  ASSERT_TRUE(extract.outcome.ok()) << extract.outcome.Text();
  for (const auto measures = ReadDataFile<v1::ApplyMeasuresRequest>("measures.yaml");
       const v1::Measure& measure : measures.measures()) {
    bool covered = false;
    for (const std::string& topic : measure.topics()) {
      covered |= topic == "neglect" || topic == "domestic-abuse";
    }
    if (!covered) {
      EXPECT_EQ(extract.file.find(absl::StrCat("\"", LastIdentifier(measure.name()), "\"")),
                std::string::npos)
          << measure.name();
    }
  }
  EXPECT_LT(extract.manifest().rows(), 423);
}

TEST_F(ExtractTest, AFilterThatNamesNothingIsRefusedAndTheFieldNamed) {
  Request request = RequestFor("releases/papers-2018", Request::CSV);
  request.mutable_filter()->add_measures("measures/no-such");
  request.mutable_filter()->add_areas("areas/no-such");
  request.mutable_filter()->set_topic("no-such");
  const Extract extract = ReadExtract(partnership(), kBoard, request);
  EXPECT_TRUE(RefusedWith(extract.outcome, v1::FIELDS_INVALID));
  EXPECT_THAT(extract.outcome.Text(), testing::HasSubstr("3 fields are wrong"));
  EXPECT_THAT(extract.outcome.Text(), testing::HasSubstr("filter.measures[0]"));

  Request other = RequestFor("releases/papers-2018", Request::CSV);
  other.mutable_filter()->set_topic("no-such");
  const Extract by_topic = ReadExtract(partnership(), kBoard, other);
  EXPECT_TRUE(RefusedWith(by_topic.outcome, v1::FIELDS_INVALID));
  EXPECT_THAT(by_topic.outcome.Text(), testing::HasSubstr("filter.topic"));
}

TEST_F(ExtractTest, AnEmptyExtractStillHasItsManifest) {
  Request request = RequestFor("releases/papers-2018", Request::NDJSON);
  *request.mutable_filter()->mutable_period_from() = ToDate(absl::CivilDay(2400, 1, 1));
  const Extract extract = ReadExtract(partnership(), kBoard, request);
  ASSERT_TRUE(extract.outcome.ok()) << extract.outcome.Text();
  ASSERT_EQ(extract.parts.size(), 2U);
  EXPECT_EQ(extract.manifest().rows(), 0);
  EXPECT_EQ(extract.manifest().sha256(), Sha256Of(""));
}

TEST_F(ExtractTest, TheLogHasItsOpeningAndItsEndWithTheDigestOfWhatWasReceived) {
  const Extract extract = ReadExtract(partnership(), kBoard, RequestFor(kLarge, Request::CSV));
  ASSERT_TRUE(extract.outcome.ok()) << extract.outcome.Text();
  const v1::AuditRecord ending = partnership().RecordFor(extract.outcome);
  EXPECT_EQ(ending.event(), v1::AuditRecord::STREAM_ENDED);
  EXPECT_EQ(ending.decision(), v1::AuditRecord::ALLOWED);
  EXPECT_EQ(ending.rows(), extract.manifest().rows());
  EXPECT_EQ(ending.bytes(), TotalSize(extract.messages));
  EXPECT_EQ(ending.response_digest(), ResponseDigest(extract.messages));
  EXPECT_EQ(ending.released(), Part::descriptor()->full_name());

  const v1::AuditRecord opening = OpeningOf(ending);
  EXPECT_EQ(opening.event(), v1::AuditRecord::STREAM_OPENED);
  EXPECT_EQ(opening.decision(), v1::AuditRecord::ALLOWED);
  for (const v1::AuditRecord& record : {opening, ending}) {
    EXPECT_EQ(record.resource(), kLarge);
    EXPECT_EQ(record.client(), kBoard.client_name());
    EXPECT_EQ(record.agreement(), "agreements/multi-agency-assurance");
    // The release's digest belongs to what was read (audit.proto, `release`).
    EXPECT_EQ(record.release(), absl::StrCat(kLarge, "@", extract.header().release_digest()));
  }
  EXPECT_LT(opening.index(), ending.index());
}

TEST_F(ExtractTest, AUnaryAnswerHasTheDigestOfItsOneMessage) {
  v1::ListReleasesRequest request;
  const Outcome outcome = partnership().Ask<v1::ListReleasesResponse>(kBoard, request).outcome;
  ASSERT_TRUE(outcome.ok());
  EXPECT_EQ(partnership().RecordFor(outcome).response_digest(), ResponseDigest({outcome.reply}));
}

TEST(UnreadExtractTest, AnExtractThatNobodyReadsEndsAtTheDeadlineAndGivesItsPlaceBack) {
  TestPartnership::Options options;
  options.configure = [](server::v1::ServerConfig& config) {
    config.mutable_limits()->set_call_deadline_milliseconds(500);
  };
  TestPartnership partnership(std::move(options));
  ImportLarge(partnership, "releases/large", 10);
  const size_t before = ReadAudit(partnership.database_path()).size();
  StreamCall call(MakeChannel(partnership.server().address(),
                              Certificates::Get().OfClient(kBoard.uri()), WithSmallWindow()),
                  kPath, TestPartnership::PurposeOf(kBoard));
  ASSERT_TRUE(call.Write(RequestFor("releases/large", Request::NDJSON).SerializeAsString()));
  call.CloseWrites();
  ASSERT_TRUE(call.Read().has_value());
  const absl::Time patience = absl::Now() + absl::Seconds(10);
  std::vector<StoredRecord> records;
  while (records.size() < 2 && absl::Now() < patience) {
    absl::SleepFor(absl::Milliseconds(10));
    records = ReadAudit(partnership.database_path(), before);
  }
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[1].record.event(), v1::AuditRecord::STREAM_ENDED);
  EXPECT_EQ(records[1].record.reason(), "DEADLINE_PASSED");
  while (partnership.server().calls_in_hand() > 0 && absl::Now() < patience) {
    absl::SleepFor(absl::Milliseconds(10));
  }
  EXPECT_EQ(partnership.server().calls_in_hand(), 0);
}

TEST_F(ExtractTest, ACallerWhoGoesAwayIsRecorded) {
  const size_t before = ReadAudit(partnership().database_path()).size();
  {
    StreamCall call(MakeChannel(partnership().server().address(),
                                Certificates::Get().OfClient(kBoard.uri()), WithSmallWindow()),
                    kPath, TestPartnership::PurposeOf(kBoard));
    ASSERT_TRUE(call.Write(RequestFor(kLarge, Request::NDJSON).SerializeAsString()));
    call.CloseWrites();
    ASSERT_TRUE(call.Read().has_value());
    call.Cancel();
    EXPECT_EQ(call.Finish().status.error_code(), grpc::StatusCode::CANCELLED);
  }
  std::vector<StoredRecord> records;
  const absl::Time deadline = absl::Now() + absl::Seconds(10);
  while (records.size() < 2 && absl::Now() < deadline) {
    absl::SleepFor(absl::Milliseconds(10));
    records = ReadAudit(partnership().database_path(), before);
  }
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].record.event(), v1::AuditRecord::STREAM_OPENED);
  EXPECT_EQ(records[1].record.event(), v1::AuditRecord::STREAM_ENDED);
  EXPECT_EQ(records[1].record.decision(), v1::AuditRecord::REFUSED);
  EXPECT_EQ(records[1].record.reason(), "CALLER_GONE");
  EXPECT_EQ(records[1].record.opening_index(), static_cast<int64_t>(records[0].index));
  EXPECT_GT(records[1].record.bytes(), 0);
  EXPECT_LT(records[1].record.rows(), 4230);
  // Nothing is left open for the next start to end.
  EXPECT_EQ(QueryNumber(partnership().database_path(), "SELECT COUNT(*) FROM open_stream"), 0);
}

TEST_F(ExtractTest, AReleaseThatIsMissingOpensNoStream) {
  const Extract extract =
      ReadExtract(partnership(), kBoard, RequestFor("releases/no-such", Request::CSV));
  EXPECT_TRUE(RefusedWith(extract.outcome, v1::RESOURCE_NOT_FOUND));
  EXPECT_EQ(partnership().RecordFor(extract.outcome).event(), v1::AuditRecord::CALL);
}

TEST_F(ExtractTest, AFormatThatIsNoneIsRefused) {
  for (const int format : {0, 99, -1}) {
    Request request = RequestFor(kLarge, static_cast<Request::Format>(format));
    EXPECT_TRUE(
        RefusedWith(ReadExtract(partnership(), kBoard, request).outcome, v1::FIELDS_INVALID));
  }
}

TEST(InterruptedExtractTest, AServerThatIsKilledEndsItsStreamsWhenItStartsAgain) {
  TestPartnership::Options options;
  options.configure = [](server::v1::ServerConfig& config) {
    config.mutable_limits()->set_max_request_bytes(8 << 20);
  };
  TestPartnership partnership(options);
  ImportLarge(partnership, "releases/large", 10);
  partnership.Stop();

  server::v1::ServerConfig config = partnership.config();
  const TemporaryFolder folder;
  config.set_address_file(folder.Path("addresses"));
  WriteWhole(folder.Path("server.yaml"), ConfigYaml(config));
  const ServerProcess::Options process_options = {
      {"serve", "--config", folder.Path("server.yaml")}, folder.Path("log"), 0};
  uint64_t opening = 0;
  {
    ServerProcess process(process_options);
    const std::string address = WaitForAddress(config.address_file(), process);
    ASSERT_FALSE(address.empty()) << ReadWhole(folder.Path("log"));
    opening = ReadAudit(config.database_path()).size();
    StreamCall call(
        MakeChannel(address, Certificates::Get().OfClient(kBoard.uri()), WithSmallWindow()), kPath,
        TestPartnership::PurposeOf(kBoard));
    ASSERT_TRUE(call.Write(RequestFor("releases/large", Request::NDJSON).SerializeAsString()));
    call.CloseWrites();
    ASSERT_TRUE(call.Read().has_value());
    process.Signal(SIGKILL);
    ASSERT_TRUE(process.Wait().has_value());
    while (call.Read().has_value()) {
    }
    EXPECT_FALSE(call.Finish().ok());
  }
  EXPECT_EQ(QueryNumber(config.database_path(), "SELECT COUNT(*) FROM open_stream"), 1);
  partnership.Start();
  const std::vector<StoredRecord> records = ReadAudit(config.database_path(), opening);
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].record.event(), v1::AuditRecord::STREAM_OPENED);
  EXPECT_EQ(records[1].record.event(), v1::AuditRecord::STREAM_INTERRUPTED);
  EXPECT_EQ(records[1].record.opening_index(), static_cast<int64_t>(opening));
  EXPECT_EQ(records[1].record.client(), kBoard.client_name());
  EXPECT_EQ(records[1].record.index(), opening + 1);
  EXPECT_EQ(QueryNumber(config.database_path(), "SELECT COUNT(*) FROM open_stream"), 0);
}

}  // namespace
}  // namespace concordat::e2e
