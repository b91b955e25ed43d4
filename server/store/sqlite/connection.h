// SQLite behind absl::Status: connections and prepared statements, and nothing
// that knows what is stored.
#ifndef CONCORDAT_SERVER_STORE_SQLITE_CONNECTION_H_
#define CONCORDAT_SERVER_STORE_SQLITE_CONNECTION_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

struct sqlite3;
struct sqlite3_stmt;

namespace concordat::store {

class Connection;

// One use of a prepared statement: bind from 1, step, read columns from 0. It
// is reset when this object ends. Text and blobs bound must live until then.
class Query {
 public:
  explicit Query(sqlite3_stmt* statement) : statement_(statement) {}
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  Query& Bind(int64_t value);
  Query& Bind(absl::string_view text);
  Query& BindBlob(absl::string_view bytes);

  // Whether there is a (further) row.
  absl::StatusOr<bool> Step();
  // Runs a statement that returns no row.
  absl::Status Run();

  int64_t Int(int column) const;
  // Valid until the next step.
  absl::string_view Text(int column) const;

 private:
  sqlite3_stmt* statement_;
  int next_parameter_ = 1;
};

// A prepared statement that lives as long as its connection.
class Statement {
 public:
  Statement() = default;
  Query Start() const { return Query(statement_.get()); }

 private:
  friend class Connection;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

// One connection. Not thread-safe.
class Connection {
 public:
  enum class Mode { kWriter, kReader };
  // Opens the file; a writer makes it when it is not there. Foreign keys on,
  // write-ahead log, synchronous FULL: a commit is on disk when it returns. A
  // commit also fails when the write-ahead log, grown long, cannot be copied into
  // the database: what it committed is then there, and the caller stops all the same.
  // What is deleted is overwritten with zeros.
  static absl::StatusOr<Connection> Open(const std::string& path, Mode mode);

  // How long a statement waits for others' locks, unless SetPatience says otherwise.
  static constexpr absl::Duration kPatience = absl::Seconds(5);
  absl::Status SetPatience(absl::Duration patience);

  absl::Status Execute(const char* sql);
  absl::StatusOr<Statement> Prepare(absl::string_view sql);

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  std::unique_ptr<sqlite3, Close> database_;
};

}  // namespace concordat::store

#endif  // CONCORDAT_SERVER_STORE_SQLITE_CONNECTION_H_
