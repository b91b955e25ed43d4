// The contract suite's part on redaction: what was written is changed in place.
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "server/store/store_test.h"

namespace concordat::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kText[] = "Alice Example of Example Street";
constexpr char kName[] = "plans/p/actions/1";

class StoreRedactionTest : public StoreTest {
 protected:
  std::vector<Row> RevisionsOf(const std::string& name) {
    std::vector<Row> rows;
    Commit([&](Transaction& transaction) {
      EXPECT_TRUE(transaction
                      .ScanRevisions(everything_, Kind::kAction, name,
                                     [&](const Row& row) {
                                       rows.push_back(row);
                                       return true;
                                     })
                      .ok());
    });
    return rows;
  }
  // Puts a tombstone into every revision that holds the text.
  void Redact(Transaction& transaction, const std::string& name) {
    std::vector<Row> rows;
    ASSERT_TRUE(transaction
                    .ScanRevisions(everything_, Kind::kAction, name,
                                   [&](const Row& row) {
                                     if (row.body.find(kText) != std::string::npos) {
                                       rows.push_back(row);
                                     }
                                     return true;
                                   })
                    .ok());
    for (Row& row : rows) {
      row.body = "[redacted]";
      ASSERT_TRUE(transaction.RewriteRevision(everything_, Kind::kAction, row).ok());
    }
  }
};

TEST_P(StoreRedactionTest, EveryRevisionIsFoundRemovedOnesToo) {
  PutAll(Kind::kAction, {RowNamed(kName, "1"), RowNamed(kName, "2"), Removal(kName),
                         RowNamed("plans/p/actions/10", "another")});
  const std::vector<Row> rows = RevisionsOf(kName);
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_TRUE(rows[0].removed);
  EXPECT_EQ(rows[1].body, "2");
  EXPECT_EQ(rows[2].body, "1");
  EXPECT_THAT(RevisionsOf("plans/p/actions/2"), IsEmpty());
}

TEST_P(StoreRedactionTest, ARewrittenRevisionKeepsItsNumberAndIsANewCommit) {
  Put(Kind::kAction, RowNamed(kName, kText));
  const ReadPoint before = Now();
  Commit([&](Transaction& transaction) { Redact(transaction, kName); }, kNoon + absl::Hours(1));
  EXPECT_GT(Now().revision, before.revision) << "what was read before is not believed any more";
  const auto row = store_->Find(everything_, Kind::kAction, kName, Now());
  ASSERT_TRUE(row.ok());
  EXPECT_EQ(row->body, "[redacted]");
  EXPECT_EQ(row->revision, 1);
  EXPECT_EQ(row->recorded, kNoon);
  EXPECT_EQ(row->committed, kNoon + absl::Hours(1));
  EXPECT_EQ(BodyOf(Kind::kAction, kName, before), "[redacted]") << "an open list shows it too";
  EXPECT_THAT(Names(everything_, Kind::kAction, {"plans/", "", {}, kNoon + absl::Minutes(1)}),
              ElementsAre(kName));
}

TEST_P(StoreRedactionTest, ARedactionThatIsUndoneChangesNothing) {
  Put(Kind::kAction, RowNamed(kName, kText));
  const ReadPoint before = Now();
  InBatch([&](Batch& batch) {
    ASSERT_TRUE(batch.BeginChange(kNoon).ok());
    Redact(batch.transaction(), kName);
    ASSERT_TRUE(batch.UndoChange().ok());
  });
  EXPECT_EQ(BodyOf(Kind::kAction, kName), kText);
  EXPECT_EQ(Now().revision, before.revision);
}

TEST_P(StoreRedactionTest, AFigureIsRewrittenAlone) {
  ObservationRow figure;
  figure.measure = "measures/m";
  figure.area = "areas/a";
  figure.body = kText;
  ObservationRow other = figure;
  other.ordinal = 1;
  other.body = "other";
  Commit([&](Transaction& transaction) {
    ASSERT_TRUE(transaction.PutObservations(everything_, "releases/r", {figure, other}).ok());
  });
  figure.body = "[redacted]";
  Commit([&](Transaction& transaction) {
    ASSERT_TRUE(transaction.RewriteObservation(everything_, "releases/r", figure).ok());
  });
  std::vector<std::string> bodies;
  ASSERT_TRUE(store_
                  ->ScanObservations(everything_, "releases/r", -1,
                                     [&](const ObservationRow& row) {
                                       bodies.push_back(row.body);
                                       return true;
                                     })
                  .ok());
  EXPECT_THAT(bodies, ElementsAre("[redacted]", "other"));
}

TEST_P(StoreRedactionTest, OnlyRepliesThatHoldTheTextAreRewritten) {
  InBatch([&](Batch& batch) {
    ASSERT_TRUE(
        batch.PutReply("c", "/m", "1", {"digest", std::string("\0 ", 2) + kText}, kNoon).ok());
    ASSERT_TRUE(batch.PutReply("c", "/m", "2", {"digest", "reply"}, kNoon).ok());
  });
  std::vector<std::string> methods;
  Commit([&](Transaction& transaction) {
    ASSERT_TRUE(transaction
                    .RewriteReplies(kText,
                                    [&](absl::string_view method,
                                        absl::string_view) -> absl::StatusOr<std::string> {
                                      methods.emplace_back(method);
                                      return std::string("[redacted]");
                                    })
                    .ok());
  });
  EXPECT_THAT(methods, ElementsAre("/m"));
  InBatch([&](Batch& batch) {
    EXPECT_EQ((*batch.FindReply("c", "/m", "1", kNoon))->reply, "[redacted]");
    EXPECT_EQ((*batch.FindReply("c", "/m", "1", kNoon))->request_digest, "digest");
    EXPECT_EQ((*batch.FindReply("c", "/m", "2", kNoon))->reply, "reply");
  });
}

TEST_P(StoreRedactionTest, AProposalIsFoundByItsDigestUntilItIsForgotten) {
  const std::string digest("\0digest", 7);
  Commit([&](Transaction& transaction) {
    ASSERT_TRUE(
        transaction.PutProposal(digest, {"agencies/a/clients/c", kNoon}, absl::InfinitePast())
            .ok());
  });
  const ReadPoint before = Now();
  Reopen();
  Commit([&](Transaction& transaction) {
    const auto found = transaction.FindProposal(digest, kNoon);
    ASSERT_TRUE(found.ok() && found->has_value());
    EXPECT_EQ((*found)->client, "agencies/a/clients/c");
    EXPECT_EQ((*found)->time, kNoon);
    EXPECT_FALSE(transaction.FindProposal(digest, kNoon + kTick)->has_value());
    EXPECT_FALSE(transaction.FindProposal("digest", kNoon)->has_value());
    // Another one forgets those that are older.
    ASSERT_TRUE(transaction.PutProposal("other", {"c", kNoon + kTick}, kNoon + kTick).ok());
    EXPECT_FALSE(transaction.FindProposal(digest, absl::UnixEpoch())->has_value());
    ASSERT_TRUE(transaction.DropProposal("other").ok());
    EXPECT_FALSE(transaction.FindProposal("other", kNoon)->has_value());
  });
  EXPECT_EQ(Now().revision, before.revision) << "no reader has to look anew";
}

TEST_P(StoreRedactionTest, KeyedDigestsAreTheDatabasesOwn) {
  const std::unique_ptr<Database> other_database = GetParam().make();
  const std::unique_ptr<Store> other = other_database->Open().value();
  std::string here;
  Commit([&](Transaction& transaction) {
    here = transaction.KeyedDigest("terms");
    EXPECT_EQ(transaction.KeyedDigest("terms"), here);
    EXPECT_NE(transaction.KeyedDigest("term"), here);
  });
  EXPECT_EQ(here.size(), 32U);
  EXPECT_NE((*other->BeginBatch())->transaction().KeyedDigest("terms"), here);
}

INSTANTIATE_TEST_SUITE_P(Stores, StoreRedactionTest, ::testing::ValuesIn(Implementations()),
                         NameOfImplementation);

// Of SQLite's files, not of the contract's reads.
class SqliteBytesTest : public ::testing::Test {
 protected:
  void SetUp() override { Open(); }
  void Open() {
    store_.reset();
    auto opened = OpenSqliteStore(folder_.Path("test.db"));
    ASSERT_TRUE(opened.ok()) << opened.status();
    store_ = *std::move(opened);
  }
  void Commit(absl::FunctionRef<void(Transaction&)> change) {
    const auto batch = store_->BeginBatch();
    ASSERT_TRUE(batch.ok());
    ASSERT_TRUE((*batch)->BeginChange(kNoon).ok());
    change((*batch)->transaction());
    ASSERT_TRUE((*batch)->KeepChange().ok());
    ASSERT_TRUE((*batch)->Commit().ok());
  }
  // The files of the database that hold the text.
  std::vector<std::string> FilesWithText() const {
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
      if (ReadWhole(entry.path().string()).find(kText) != std::string::npos) {
        files.push_back(entry.path().filename().string());
      }
    }
    return files;
  }

  const auth::Grant everything_ = Everything();
  const TemporaryFolder folder_;
  std::unique_ptr<Store> store_;
};

// Rows of many lengths that arrive in no order: the tree is balanced again and again,
// which leaves copies of rows in the gaps of its pages.
TEST_F(SqliteBytesTest, ARedactedTextIsInNoByteOfTheFiles) {
  std::mt19937 random(20181130);
  for (int i = 0; i < 600; ++i) {
    const auto number = random() % 150;
    const std::string name = absl::StrCat("plans/p/actions/", number);
    std::string body = number % 75 == 7 ? kText : "";
    body.append(20 + random() % 900, 'x');
    Commit([&](Transaction& transaction) {
      ASSERT_TRUE(transaction.Put(everything_, Kind::kAction, RowNamed(name, body)).ok());
    });
  }
  ASSERT_FALSE(FilesWithText().empty());
  // A read connection stays open beside the writer, as a server's do.
  ASSERT_TRUE(store_->QuotaUsed(absl::CivilDay(2018, 12, 1), "nobody").ok());
  Commit([&](Transaction& transaction) {
    for (const char* name : {"plans/p/actions/7", "plans/p/actions/82"}) {
      std::vector<Row> rows;
      ASSERT_TRUE(transaction
                      .ScanRevisions(everything_, Kind::kAction, name,
                                     [&](const Row& row) {
                                       rows.push_back(row);
                                       return true;
                                     })
                      .ok());
      ASSERT_FALSE(rows.empty());
      for (Row& row : rows) {
        row.body = "[redacted]";
        ASSERT_TRUE(transaction.RewriteRevision(everything_, Kind::kAction, row).ok());
      }
    }
  });
  EXPECT_THAT(FilesWithText(), IsEmpty());
  EXPECT_EQ(ReadWhole(folder_.Path("test.db-wal")), "");
}

// The same of submitted figures, which have a table with indexes of its own.
TEST_F(SqliteBytesTest, ARedactedFigureIsInNoByteOfTheFiles) {
  std::mt19937 random(20181130);
  for (int i = 0; i < 40; ++i) {
    const std::string submission = absl::StrCat("submissions/", i);
    std::vector<FigureRow> rows;
    for (int area = 0; area < 15; ++area) {
      FigureRow& row = rows.emplace_back();
      row.measure = absl::StrCat("measures/", random() % 5);
      row.key = {"2018-04-01/2018-06-30/4", absl::StrCat("areas/", area), ""};
      row.row = area + 1;
      row.body = area == 7 ? kText : "";
      row.body.append(20 + random() % 900, 'x');
    }
    {
      const auto batch = store_->BeginBatch();
      ASSERT_TRUE(batch.ok());
      ASSERT_TRUE((*batch)->StageFigures(submission, "agencies/a", rows).ok());
      ASSERT_TRUE((*batch)->Commit().ok());
    }
    Commit([&](Transaction& transaction) {
      ASSERT_TRUE(transaction.ApplySubmission(everything_, RowNamed(submission)).ok());
    });
  }
  ASSERT_FALSE(FilesWithText().empty());
  Commit([&](Transaction& transaction) {
    for (int i = 0; i < 40; ++i) {
      std::vector<FigureRow> rows;
      ASSERT_TRUE(transaction
                      .ScanFiguresWithText(everything_, absl::StrCat("submissions/", i), kText,
                                           [&](const FigureRow& row) {
                                             rows.push_back(row);
                                             return true;
                                           })
                      .ok());
      for (FigureRow& row : rows) {
        row.body = "[redacted]";
        ASSERT_TRUE(transaction.RewriteFigure(everything_, row).ok());
      }
    }
  });
  EXPECT_THAT(FilesWithText(), IsEmpty());
}

// The same of lines, whose pages fill many of the database's.
TEST_F(SqliteBytesTest, ADroppedLineIsInNoByteOfTheFiles) {
  for (int release = 0; release < 10; ++release) {
    for (int64_t page = 0; page < 3; ++page) {
      LineRow line;
      line.ordinal = page;
      line.measure = "measures/m";
      line.area = "areas/a";
      const std::string text = absl::StrCat(page == 1 ? kText : "", std::string(20000, 'x'));
      line.text = text;
      Commit([&](Transaction& transaction) {
        ASSERT_TRUE(
            transaction.PutLines(everything_, absl::StrCat("releases/", release), {line}).ok());
      });
    }
  }
  ASSERT_FALSE(FilesWithText().empty());
  Commit([&](Transaction& transaction) {
    for (int release = 0; release < 10; ++release) {
      ASSERT_TRUE(transaction.DropLines(everything_, absl::StrCat("releases/", release)).ok());
    }
  });
  EXPECT_THAT(FilesWithText(), IsEmpty());
}

TEST_F(SqliteBytesTest, ALogThatAReaderHeldIsEmptiedByTheNextCommit) {
  Commit([&](Transaction& transaction) {
    ASSERT_TRUE(transaction.Put(everything_, Kind::kAction, RowNamed(kName, kText)).ok());
  });
  Commit([&](Transaction& transaction) {
    ASSERT_TRUE(transaction.Put(everything_, Kind::kAction, RowNamed(kName, "later")).ok());
  });
  const auto redact = [&](Transaction& transaction) {
    Row row = RowNamed(kName, "[redacted]");
    row.revision = 1;
    ASSERT_TRUE(transaction.RewriteRevision(everything_, Kind::kAction, row).ok());
  };
  // In the middle of a scan, which holds the log as it was.
  ASSERT_TRUE(store_
                  ->Scan(everything_, Kind::kAction, {"", "", {1}, std::nullopt},
                         [&](const Row&) {
                           Commit(redact);
                           return false;
                         })
                  .ok());
  EXPECT_THAT(FilesWithText(), Not(IsEmpty()));
  Commit([](Transaction&) {});
  EXPECT_THAT(FilesWithText(), IsEmpty());
}

}  // namespace
}  // namespace concordat::store
