// An extract that copies the lines of its release is the one that is written from figures.
#include "server/services/release_lines.h"

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/civil_time.h"
#include "base/digest.h"
#include "concordat/v1/directory.pb.h"
#include "concordat/v1/measure.pb.h"
#include "concordat/v1/release_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/services/apply.h"
#include "server/services/extract.h"
#include "server/services/service_test.h"

namespace concordat::services {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using Part = v1::ExtractObservationsResponse;
using Request = v1::ExtractObservationsRequest;

constexpr char kRelease[] = "releases/r";
constexpr int kFigures = 1500;

class ReleaseLinesTest : public ServiceTest {
 protected:
  ReleaseLinesTest() {
    for (const char* name : {"measures/m", "measures/n"}) {
      v1::Measure measure;
      measure.set_name(name);
      measure.set_display_name(absl::StrCat("What ", name, " counts"));
      measure.set_unit(v1::Measure::COUNT);
      PutMessage(store::Kind::kMeasure, measure);
    }
    for (const char* name : {"areas/a", "areas/b", "areas/c"}) {
      v1::Area area;
      area.set_name(name);
      area.set_display_name(absl::StrCat("The place ", name));
      area.set_level(v1::LOCAL_AUTHORITY_DISTRICT);
      PutMessage(store::Kind::kArea, area);
    }
    v1::Release release;
    release.set_name(kRelease);
    release.set_state(v1::Release::PUBLISHED);
    PutMessage(store::Kind::kRelease, release);
    Commit([&](store::Transaction& transaction) {
      Must(transaction.PutObservations(grant_, kRelease, Rows()));
    });
  }

  // Figures that differ in everything that a filter goes by.
  static std::vector<store::ObservationRow> Rows() {
    std::vector<store::ObservationRow> rows;
    for (int i = 0; i < kFigures; ++i) {
      v1::Observation figure;
      figure.set_name(absl::StrCat(kRelease, "/observations/", i));
      figure.set_measure(i % 2 == 0 ? "measures/m" : "measures/n");
      figure.set_measure_display_name(absl::StrCat("Title, of ", figure.measure()));
      figure.set_area(absl::StrCat("areas/", std::string(1, static_cast<char>('a' + i % 3))));
      const absl::CivilMonth month = absl::CivilMonth(2016, 1) + i % 40;
      figure.mutable_period()->set_kind(i % 5 == 0 ? v1::Period::SNAPSHOT : v1::Period::MONTH);
      *figure.mutable_period()->mutable_start() = ToDate(absl::CivilDay(month));
      *figure.mutable_period()->mutable_end() = ToDate(absl::CivilDay(month + 1) - 1);
      figure.set_comparator(i % 7 == 0 ? v1::Observation::ENGLAND : v1::Observation::OWN);
      if (i % 11 == 0) {
        figure.set_symbol(v1::Observation::CONFIDENTIAL);
      } else {
        figure.set_value(i);
      }
      figure.mutable_source()->set_document(i % 13 == 0 ? "=SUM(A1)" : "Paper \"one\",\ntwo");
      figure.mutable_source()->set_line(i + 1);
      rows.push_back({i,
                      figure.measure(),
                      figure.area(),
                      v1::LOCAL_AUTHORITY_DISTRICT,
                      {i % 2 == 0 ? "neglect" : "exploitation"},
                      StoredBytes(figure)});
    }
    return rows;
  }

  void Freeze() {
    Commit([&](store::Transaction& transaction) {
      Must(FreezeLines(transaction, grant_, kRelease, Rows()));
    });
  }

  // All messages of the extract, and its rows as they were counted before the first.
  std::vector<Part> Extract(const Request& request, const auth::Grant& grant) const {
    const auto source = Must(OpenExtract(
        *store_, std::make_shared<door::Call>(door::CallReactor::MakeCall(grant)), request));
    const int64_t counted = Must(source->CountRows());
    while (!Must(source->Prepare())) {
    }
    std::vector<Part> parts;
    while (auto part = Must(source->Next())) parts.push_back(*std::move(part));
    const int64_t rows = parts.back().manifest().rows();
    EXPECT_EQ(counted, rows);
    if (request.first_chunk() == 0) {
      EXPECT_EQ(source->rows(), rows);
    }
    return parts;
  }
  std::vector<Part> Extract(const Request& request) const { return Extract(request, grant_); }

  static std::string FileOf(const std::vector<Part>& parts) {
    std::string file;
    for (const Part& part : parts) file.append(part.chunk().data());
    return file;
  }
  static Request Csv() {
    Request request;
    request.set_parent(kRelease);
    request.set_format(Request::CSV);
    return request;
  }
};

std::string DisclosuresOf(const std::vector<Part>& parts) {
  return absl::StrJoin(parts.back().manifest().disclosures(), "\n",
                       [](std::string* out, const Part::MeasureDisclosure& disclosure) {
                         out->append(disclosure.ShortDebugString());
                       });
}

// Every chunk is at most 64 KiB, has the digest that it says, and the manifest is theirs.
void ExpectSound(const std::vector<Part>& parts) {
  Sha256 file;
  for (const Part& part : parts) {
    if (!part.has_chunk()) continue;
    EXPECT_LE(part.chunk().data().size(), 64U * 1024);
    EXPECT_EQ(part.chunk().sha256(), Sha256Of(part.chunk().data()));
    file.Update(part.chunk().data());
  }
  EXPECT_EQ(parts.back().manifest().sha256(), file.Finish());
}

TEST_F(ReleaseLinesTest, CopiedAndWrittenExtractsAreTheSameFileUnderEveryFilter) {
  const std::vector<std::function<void(Request&)>> filters = {
      [](Request&) {},
      [](Request& request) { request.mutable_filter()->add_measures("measures/n"); },
      [](Request& request) { request.set_period_kind(v1::Period::SCHOOL_TERM); },
      [](Request& request) {
        request.mutable_filter()->add_areas("areas/a");
        request.mutable_filter()->add_areas("areas/c");
      },
      [](Request& request) { request.mutable_filter()->set_topic("neglect"); },
      [](Request& request) { request.mutable_filter()->add_comparators(v1::Observation::ENGLAND); },
      [](Request& request) {
        *request.mutable_filter()->mutable_period_from() = ToDate(absl::CivilDay(2017, 2, 28));
        *request.mutable_filter()->mutable_period_to() = ToDate(absl::CivilDay(2018, 3, 1));
      },
      [](Request& request) { request.set_period_kind(v1::Period::SNAPSHOT); },
  };
  std::vector<std::vector<Part>> written;
  for (const auto& filter : filters) {
    Request request = Csv();
    filter(request);
    written.push_back(Extract(request));
  }
  ASSERT_FALSE(Must(HasLines(*store_, grant_, kRelease)));
  Freeze();
  ASSERT_TRUE(Must(HasLines(*store_, grant_, kRelease)));
  for (size_t i = 0; i < filters.size(); ++i) {
    Request request = Csv();
    filters[i](request);
    const std::vector<Part> copied = Extract(request);
    ExpectSound(copied);
    EXPECT_EQ(FileOf(copied), FileOf(written[i])) << "filter " << i;
    EXPECT_EQ(copied.back().manifest().rows(), written[i].back().manifest().rows());
    EXPECT_EQ(copied.back().manifest().hidden(), written[i].back().manifest().hidden());
    EXPECT_EQ(DisclosuresOf(copied), DisclosuresOf(written[i]));
  }
}

TEST_F(ReleaseLinesTest, AGrantOverAPartOfTheReleaseCopiesThatPart) {
  v1::Agreement::Scope scope;
  scope.add_releases(kRelease);
  scope.add_measures("measures/m");
  scope.add_areas("areas/a");
  scope.add_areas("areas/b");
  scope.set_finest_geography(v1::LOCAL_AUTHORITY_DISTRICT);
  scope.add_topics("neglect");
  // What rows show of measures and areas has to be readable too.
  const auth::Grant grant = store::Over(scope);
  Freeze();
  const std::vector<Part> parts = Extract(Csv(), grant);
  ExpectSound(parts);
  EXPECT_EQ(parts.back().manifest().rows(), kFigures / 2 * 2 / 3);
  EXPECT_THAT(FileOf(parts), Not(HasSubstr("measures/n")));
  EXPECT_THAT(FileOf(parts), Not(HasSubstr("areas/c")));
}

TEST_F(ReleaseLinesTest, AnExtractGoesOnAtEachOfItsChunks) {
  Freeze();
  const std::vector<Part> whole = Extract(Csv());
  const int64_t chunks = whole.back().manifest().chunks();
  ASSERT_GT(chunks, 3);
  for (int64_t first = 0; first < chunks; ++first) {
    Request request = Csv();
    request.set_first_chunk(first);
    const std::vector<Part> rest = Extract(request);
    ASSERT_THAT(rest, SizeIs(static_cast<size_t>(chunks - first) + 2));
    EXPECT_EQ(rest[1].SerializeAsString(),
              whole[static_cast<size_t>(first) + 1].SerializeAsString());
    EXPECT_EQ(rest.back().manifest().sha256(), whole.back().manifest().sha256());
  }
}

TEST_F(ReleaseLinesTest, AMeasureThatIsRevisedLaterChangesNoFrozenFile) {
  const auto revise = [this](v1::Measure::Unit unit) {
    for (const char* name : {"measures/m", "measures/n"}) {
      v1::Measure measure;
      measure.set_name(name);
      measure.set_display_name("Called otherwise");
      measure.set_unit(unit);
      PutMessage(store::Kind::kMeasure, measure);
    }
  };
  const std::string counted = FileOf(Extract(Csv()));
  EXPECT_THAT(counted, HasSubstr("\"Title, of measures/m\""));
  revise(v1::Measure::DAYS);
  const std::string in_days = FileOf(Extract(Csv()));
  ASSERT_NE(in_days, counted) << "written from the figures";
  Freeze();
  revise(v1::Measure::COUNT);
  EXPECT_EQ(FileOf(Extract(Csv())), in_days) << "copied";
}

TEST_F(ReleaseLinesTest, AChunkThatIsOnePageHasItsTextAndItsDigest) {
  const std::string first(store::LinePage::kMostBytes - 1, 'x');
  Commit([&](store::Transaction& transaction) {
    store::LineRow line;
    line.measure = "measures/m";
    line.area = "areas/a";
    const std::string text = first + "\n";
    line.text = text;
    Must(transaction.PutLines(grant_, kRelease, {line}));
    line.ordinal = 1;
    line.text = "second\n";
    store::LineRow last = line;
    last.ordinal = 2;
    last.text = "last\n";
    Must(transaction.PutLines(grant_, kRelease, {line, last}));
  });
  const std::vector<Part> parts = Extract(Csv());
  ExpectSound(parts);
  ASSERT_THAT(parts, SizeIs(4)) << "two chunks, with the first page beside the head";
  EXPECT_THAT(parts[1].chunk().data(), EndsWith(first + "\n"));
  EXPECT_EQ(parts[2].chunk().data(), "second\nlast\n");
}

}  // namespace
}  // namespace concordat::services
