// Releases of submitted figures through a whole server: the office makes them, partners
// read what is shown, and a withdrawal ends it.
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "base/civil_time.h"
#include "base/clock.h"
#include "base/resource_name.h"
#include "concordat/v1/directory_service.pb.h"
#include "concordat/v1/measure_service.pb.h"
#include "concordat/v1/release_service.pb.h"
#include "concordat/v1/scorecard.pb.h"
#include "concordat/v1/submission.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"
#include "server/store/sqlite/connection.h"
#include "server/store/sqlite/sqlite_store.h"
#include "server/store/store.h"
#include "server/store/test_grants.h"
#include "tests/support/call.h"
#include "tests/support/measures.h"
#include "tests/support/moments.h"
#include "tests/support/must.h"
#include "tests/support/read_extract.h"
#include "tests/support/test_partnership.h"

namespace concordat::e2e {
namespace {

using testing::IsEmpty;
using testing::SizeIs;
using v1::Observation;

constexpr char kMeasure[] = "measures/e2e-referrals";
constexpr char kRelease[] = "releases/e2e-quarter-1";
constexpr char kCounty[] = "areas/e10000017";
// Burnley to Wyre: all twelve districts of the county.
constexpr int kFirstDistrict = 117;
constexpr int kDistricts = 12;

std::string District(int number) { return absl::StrCat("areas/e07000", kFirstDistrict + number); }

// What is shown of each area, by its code: a number or a symbol.
using ShownByArea = std::map<std::string, std::string>;

std::string CodeOf(const std::string& area) { return absl::AsciiStrToUpper(LastIdentifier(area)); }

std::string TextOf(const Observation& figure) {
  if (figure.has_value()) return absl::StrCat(figure.value());
  return figure.symbol() == Observation::CONFIDENTIAL ? "c"
                                                      : Observation::Symbol_Name(figure.symbol());
}

ShownByArea ShownInCsv(absl::string_view file, const std::string& value_column) {
  absl::ConsumePrefix(&file, "\xEF\xBB\xBF");
  const std::vector<std::vector<std::string>> rows = ParseCsv(std::string(file));
  ShownByArea shown;
  for (size_t i = 1; i < rows.size(); ++i) {
    std::map<std::string, std::string> row;
    for (size_t k = 0; k < rows[i].size(); ++k) row[rows[0].at(k)] = rows[i][k];
    const std::string& district = row["lad_code"];
    shown[district.empty() ? row["new_la_code"] : district] =
        row[value_column].empty() ? row[value_column + "_status"] : row[value_column];
  }
  return shown;
}

ShownByArea ShownInNdjson(const std::string& file) {
  ShownByArea shown;
  for (const absl::string_view line : absl::StrSplit(file, '\n', absl::SkipEmpty())) {
    google::protobuf::Struct row;
    EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(std::string(line), &row).ok());
    const auto& fields = row.fields();
    const std::string& district = fields.at("lad_code").string_value();
    const google::protobuf::Value& value = fields.at("value");
    shown[district.empty() ? fields.at("new_la_code").string_value() : district] =
        value.has_number_value() ? absl::StrCat(value.number_value())
                                 : fields.at("symbol").string_value();
  }
  return shown;
}

// A reader of another agency.
const Partner kReader{"lancashire-county-council:business-intelligence", "multi-agency-assurance"};

class ReleasesTest : public testing::Test {
 protected:
  ReleasesTest() : clock_(At("2018-12-02T09:00:00Z")) {
    TestPartnership::Options options;
    options.clock = &clock_;
    partnership_.emplace(options);
    v1::ApplyMeasuresRequest request;
    v1::Measure& measure = *request.add_measures();
    measure = QuarterlyCount(kMeasure, kPolice);
    measure.mutable_additivity()->set_over_area(true);
    partnership_->Get<v1::ApplyMeasuresResponse>(kAdmin, request);
    Submit("submissions/first", 3);
    release_.set_name(kRelease);
    release_.set_display_name("The first quarter");
    release_.mutable_selection()->add_measures(kMeasure);
    *release_.mutable_selection()->mutable_period_from() = Day("2018-04-01");
    *release_.mutable_selection()->mutable_period_to() = Day("2018-06-30");
  }

  // Puts the first quarter's figures into the store: the second district has `small`,
  // the others 20 and more.
  void Submit(const std::string& name, double small) {
    partnership_->Stop();
    {
      const auto store = Must(store::OpenSqliteStore(partnership_->database_path()));
      std::vector<store::FigureRow> rows;
      double total = 0;
      for (int i = 0; i < kDistricts; ++i) {
        const double value = i == 1 ? small : 20 + i;
        total += value;
        rows.push_back(Figure(District(i), value, i));
      }
      rows.push_back(Figure(kCounty, total, kDistricts));
      v1::Submission submission;
      submission.set_name(name);
      submission.set_provider(kPolice.agency_name());
      const auto batch = Must(store->BeginBatch());
      ASSERT_THAT(Must(batch->StageFigures(name, submission.provider(), rows)), IsEmpty());
      Must(batch->BeginChange(clock_.Now()));
      store::Row row;
      row.name = name;
      row.recorded = clock_.Now();
      row.body = submission.SerializeAsString();
      Must(batch->transaction().ApplySubmission(store::Everything(), row));
      Must(batch->KeepChange());
      Must(batch->Commit());
    }
    partnership_->Start();
  }
  static store::FigureRow Figure(const std::string& area, double value, int number) {
    v1::SubmittedObservation sent;
    sent.set_measure(kMeasure);
    sent.set_area(area);
    sent.mutable_period()->set_kind(v1::Period::FINANCIAL_QUARTER);
    *sent.mutable_period()->mutable_start() = Day("2018-04-01");
    *sent.mutable_period()->mutable_end() = Day("2018-06-30");
    sent.set_value(value);
    store::FigureRow row;
    row.measure = kMeasure;
    row.key = store::KeyOf(sent);
    row.row = number + 1;
    row.body = sent.SerializeAsString();
    return row;
  }

  v1::PreviewReleaseResponse Preview() {
    v1::PreviewReleaseRequest request;
    *request.mutable_release() = release_;
    return partnership_->Get<v1::PreviewReleaseResponse>(kBoard, request);
  }
  Answer<v1::Release> Publish(const std::string& digest) {
    v1::PublishReleaseRequest request;
    *request.mutable_release() = release_;
    request.set_preview_digest(digest);
    return partnership_->Ask<v1::Release>(kBoard, request);
  }
  Answer<v1::ListObservationsResponse> List(const Partner& partner) {
    v1::ListObservationsRequest request;
    request.set_parent(release_.name());
    return partnership_->Ask<v1::ListObservationsResponse>(partner, request);
  }
  Answer<v1::Release> GetRelease(const Partner& partner) {
    v1::GetReleaseRequest request;
    request.set_name(kRelease);
    return partnership_->Ask<v1::Release>(partner, request);
  }

  Answer<v1::Release> Withdraw() {
    v1::WithdrawReleaseRequest request;
    request.set_name(kRelease);
    request.set_reason("A provider mixed up two columns");
    return partnership_->Ask<v1::Release>(kBoard, request);
  }
  Answer<v1::Scorecard> GetScorecard(const Partner& partner) {
    v1::GetScorecardRequest request;
    request.set_name(release_.name());
    return partnership_->Ask<v1::Scorecard>(partner, request);
  }
  // Begins an extract and leaves when its first message is there, or it is refused.
  Outcome BeginExtract(const Partner& partner) {
    v1::ExtractObservationsRequest request;
    request.set_parent(kRelease);
    request.set_format(v1::ExtractObservationsRequest::CSV);
    StreamCall call(partnership_->ChannelOf(partner), PathOf(*request.GetDescriptor()),
                    TestPartnership::PurposeOf(partner));
    EXPECT_TRUE(call.Write(request.SerializeAsString()));
    call.CloseWrites();
    if (call.Read().has_value()) call.Cancel();
    return call.Finish();
  }
  std::string Extracted(const Partner& partner, v1::ExtractObservationsRequest::Format format) {
    v1::ExtractObservationsRequest request;
    request.set_parent(release_.name());
    request.set_format(format);
    const Extract extract = ReadExtract(*partnership_, partner, request);
    EXPECT_TRUE(extract.outcome.ok()) << extract.outcome.Text();
    return extract.file;
  }
  // What the partner gets of the release by each road.
  std::map<std::string, ShownByArea> ShownByRoad(const Partner& partner) {
    using Format = v1::ExtractObservationsRequest;
    std::map<std::string, ShownByArea> shown;
    const v1::ListObservationsResponse all = List(partner).message;
    for (const Observation& figure : all.observations()) {
      shown["list"][CodeOf(figure.area())] = TextOf(figure);
    }
    for (const auto& [area, text] : shown["list"]) {
      v1::ListObservationsRequest one;
      one.set_parent("releases/-");
      one.mutable_filter()->add_measures(kMeasure);
      one.mutable_filter()->add_areas(absl::StrCat("areas/", absl::AsciiStrToLower(area)));
      const auto listed = partnership_->Get<v1::ListObservationsResponse>(partner, one);
      for (const Observation& figure : listed.observations()) {
        const bool is_of_release = ParentOf(figure.name()) == release_.name();
        if (is_of_release) shown["filter"][CodeOf(figure.area())] = TextOf(figure);
      }
    }
    const v1::Scorecard scorecard = GetScorecard(partner).message;
    for (const v1::Scorecard::Row& row : scorecard.rows()) {
      for (const v1::Scorecard::Cell& cell : row.cells()) {
        shown["scorecard"][CodeOf(cell.area())] = TextOf(cell.figure());
        EXPECT_THAT(cell.trend(), SizeIs(1));
        shown["trend"][CodeOf(cell.area())] = TextOf(cell.trend(0));
      }
    }
    shown["CSV"] = ShownInCsv(Extracted(partner, Format::CSV), "value");
    shown["excel CSV"] = ShownInCsv(Extracted(partner, Format::EXCEL_CSV), "value");
    shown["tidy CSV"] = ShownInCsv(Extracted(partner, Format::TIDY_CSV), "value_count");
    shown["NDJSON"] = ShownInNdjson(Extracted(partner, Format::NDJSON));
    return shown;
  }
  // As the office sees them: agency, agreement and its version, first and last time.
  std::vector<std::string> Recipients() { return TextsOf(GetRelease(kBoard).message); }
  static std::vector<std::string> TextsOf(const v1::Release& release) {
    std::vector<std::string> texts;
    for (const v1::Recipient& recipient : release.recipients()) {
      texts.push_back(absl::StrCat(
          recipient.agency(), " ", recipient.agreement(), " ", recipient.agreement_version(), " ",
          TimeOfDay(recipient.first_time()), " ", TimeOfDay(recipient.last_time())));
    }
    return texts;
  }
  static std::string TimeOfDay(const google::protobuf::Timestamp& time) {
    return absl::FormatTime("%H:%M", ToTime(time), absl::UTCTimeZone());
  }

  FakeClock clock_;
  std::optional<TestPartnership> partnership_;
  v1::Release release_;
};

TEST_F(ReleasesTest, PartnersSeeWhatWasPublishedAndTheOfficeItsReport) {
  const v1::PreviewReleaseResponse preview = Preview();
  EXPECT_EQ(preview.release().observation_count(), kDistricts + 1);
  EXPECT_EQ(preview.release().report().hidden_count(), 2);
  const auto published = Publish(preview.preview_digest());
  ASSERT_TRUE(published.ok()) << published.outcome.Text();
  EXPECT_EQ(published.message.digest(), preview.release().digest());

  const auto listed = List(kReader);
  ASSERT_TRUE(listed.ok()) << listed.outcome.Text();
  ASSERT_THAT(listed.message.observations(), SizeIs(kDistricts + 1));
  int hidden = 0;
  for (const Observation& figure : listed.message.observations()) {
    const bool is_hidden = figure.symbol() == Observation::CONFIDENTIAL;
    EXPECT_NE(is_hidden, figure.has_value());
    if (is_hidden) ++hidden;
    EXPECT_TRUE(is_hidden || figure.area() != District(1));
  }
  EXPECT_EQ(hidden, 2);
  EXPECT_TRUE(GetRelease(kBoard).message.has_report());
  const auto seen = GetRelease(kReader);
  EXPECT_TRUE(seen.ok()) << seen.outcome.Text();
  EXPECT_FALSE(seen.message.has_report());
}

TEST_F(ReleasesTest, EveryRoadShowsEachFigureAsItWasFrozenAlsoAfterARevision) {
  for (const double small : {3, 4}) {
    if (small == 4) {
      Submit("submissions/second", small);
      release_.set_name("releases/e2e-quarter-1-again");
    }
    const auto published = Publish(Preview().preview_digest());
    ASSERT_TRUE(published.ok()) << published.outcome.Text();
    const ShownByArea frozen = ShownByRoad(kBoard)["list"];
    EXPECT_THAT(frozen, SizeIs(kDistricts + 1));
    EXPECT_EQ(frozen.at(CodeOf(District(1))), "c");
    // The trust's agreement has no districts.
    const std::pair<Partner, size_t> partners[] = {
        {kBoard, kDistricts + 1}, {kReader, kDistricts + 1}, {kHealthTrust, 1}};
    for (const auto& [partner, areas] : partners) {
      for (const auto& [road, shown] : ShownByRoad(partner)) {
        SCOPED_TRACE(absl::StrCat(partner.client, ", ", road));
        EXPECT_THAT(shown, SizeIs(areas));
        for (const auto& [area, text] : shown) EXPECT_EQ(text, frozen.at(area)) << area;
      }
    }
  }
}

TEST_F(ReleasesTest, APreviewDoesNotOutliveTheServerOrARevision) {
  const std::string digest = Preview().preview_digest();
  Submit("submissions/second", 30);
  EXPECT_TRUE(RefusedWith(Publish(digest).outcome, v1::PREVIEW_OUTDATED));
}

TEST_F(ReleasesTest, AnAreaStaysWhereItIsOnceFiguresWereReleased) {
  v1::ApplyDirectoryRequest moved;
  v1::Area& area = *moved.add_areas();
  area.set_name(District(0));
  area.set_code("E07000117");
  area.set_display_name("Burnley");
  area.set_level(v1::LOCAL_AUTHORITY_DISTRICT);
  v1::ApplyDirectoryRequest back = moved;
  back.mutable_areas(0)->set_parent(kCounty);
  EXPECT_TRUE(partnership_->Ask<v1::ApplyDirectoryResponse>(kAdmin, moved).ok());
  EXPECT_TRUE(partnership_->Ask<v1::ApplyDirectoryResponse>(kAdmin, back).ok());
  ASSERT_TRUE(Publish(Preview().preview_digest()).ok());
  const auto refused = partnership_->Ask<v1::ApplyDirectoryResponse>(kAdmin, moved);
  EXPECT_TRUE(RefusedWith(refused.outcome, v1::FIELDS_INVALID));
  EXPECT_THAT(refused.outcome.Text(), testing::HasSubstr("areas[0].parent"));
  EXPECT_TRUE(partnership_->Ask<v1::ApplyDirectoryResponse>(kAdmin, back).ok());
}

TEST_F(ReleasesTest, AWithdrawnReleaseLeavesByNoRoad) {
  ASSERT_TRUE(Publish(Preview().preview_digest()).ok());
  ASSERT_TRUE(List(kReader).ok());
  v1::WithdrawReleaseRequest request;
  request.set_name(kRelease);
  request.set_reason("A provider mixed up two columns");
  request.set_dry_run(true);
  EXPECT_TRUE(partnership_->Ask<v1::Release>(kBoard, request).ok());
  EXPECT_TRUE(List(kReader).ok());
  request.set_dry_run(false);
  const auto withdrawn = partnership_->Ask<v1::Release>(kBoard, request);
  ASSERT_TRUE(withdrawn.ok()) << withdrawn.outcome.Text();
  EXPECT_EQ(withdrawn.message.state(), v1::Release::WITHDRAWN);
  EXPECT_TRUE(RefusedWith(List(kReader).outcome, v1::RELEASE_WITHDRAWN));
  EXPECT_EQ(GetRelease(kReader).message.withdrawn_reason(), request.reason());
}

TEST_F(ReleasesTest, TheOfficeSeesWhoHasHadAReleaseByEachRoadAndSinceWhen) {
  ASSERT_TRUE(Publish(Preview().preview_digest()).ok());
  v1::ListObservationsRequest of_nothing;
  of_nothing.set_parent(kRelease);
  of_nothing.mutable_filter()->add_areas("areas/e92000001");
  ASSERT_TRUE(partnership_->Ask<v1::ListObservationsResponse>(kReader, of_nothing).ok());
  ASSERT_TRUE(GetRelease(kReader).ok());
  ASSERT_TRUE(RefusedWith(List(kStranger).outcome, v1::NO_AGREEMENT));
  EXPECT_THAT(Recipients(), IsEmpty());

  ASSERT_TRUE(List(kReader).ok());
  clock_.Advance(absl::Hours(1));
  BeginExtract(kHealthTrust);
  clock_.Advance(absl::Hours(1));
  ASSERT_TRUE(GetScorecard(kBoard).ok());
  clock_.Advance(absl::Hours(1));
  v1::ListObservationsRequest of_all;
  of_all.set_parent("releases/-");
  of_all.mutable_filter()->add_measures(kMeasure);
  ASSERT_TRUE(partnership_->Ask<v1::ListObservationsResponse>(kReader, of_all).ok());

  const std::vector<std::string> recipients = {
      "agencies/lancashire-care-nhs-trust agreements/health-safeguarding 1 10:00 10:00",
      "agencies/lancashire-county-council agreements/multi-agency-assurance 1 09:00 12:00",
      "agencies/lscb agreements/multi-agency-assurance 1 11:00 11:00",
  };
  EXPECT_EQ(Recipients(), recipients);
  EXPECT_THAT(GetRelease(kReader).message.recipients(), IsEmpty());
  partnership_->Stop();
  partnership_->Start();
  EXPECT_EQ(Recipients(), recipients);
}

TEST_F(ReleasesTest, AWithdrawalSaysWhoHasTheReleaseAndNobodyComesToIt) {
  ASSERT_TRUE(Publish(Preview().preview_digest()).ok());
  ASSERT_TRUE(List(kReader).ok());
  const auto withdrawn = Withdraw();
  ASSERT_TRUE(withdrawn.ok()) << withdrawn.outcome.Text();
  const std::vector<std::string> recipients = {
      "agencies/lancashire-county-council agreements/multi-agency-assurance 1 09:00 09:00"};
  EXPECT_EQ(TextsOf(withdrawn.message), recipients);

  clock_.Advance(absl::Hours(1));
  EXPECT_TRUE(RefusedWith(List(kHealthTrust).outcome, v1::RELEASE_WITHDRAWN));
  EXPECT_TRUE(RefusedWith(GetScorecard(kHealthTrust).outcome, v1::RELEASE_WITHDRAWN));
  EXPECT_TRUE(RefusedWith(BeginExtract(kHealthTrust), v1::RELEASE_WITHDRAWN));
  EXPECT_EQ(Recipients(), recipients);
}

TEST_F(ReleasesTest, WhoCannotBeRememberedGetsNoFigure) {
  ASSERT_TRUE(Publish(Preview().preview_digest()).ok());
  partnership_->Stop();
  {
    auto connection = Must(
        store::Connection::Open(partnership_->database_path(), store::Connection::Mode::kWriter));
    Must(
        connection.Execute("CREATE TRIGGER broken BEFORE INSERT ON release_recipient "
                           "BEGIN SELECT RAISE(FAIL, 'broken'); END"));
  }
  partnership_->Start();
  const auto listed = List(kReader);
  EXPECT_TRUE(RefusedWith(listed.outcome, v1::AUDIT_UNAVAILABLE));
  EXPECT_EQ(listed.outcome.reply, "");
}

}  // namespace
}  // namespace concordat::e2e
