#include "client/workbook/sheet_reader.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

#include "absl/base/config.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "client/workbook/sheet_import.h"

namespace concordat::workbook {
namespace {

constexpr rlim_t kMostMemory = rlim_t{1} << 30;
constexpr rlim_t kMostSeconds = 60;
// What the process may send back.
constexpr size_t kMostAnswerBytes = size_t{512} << 20;

// What comes first in an answer.
constexpr char kRows = 'R';
constexpr char kRefusal = 'E';

void AppendNumber(uint64_t number, std::string& out) {
  char bytes[sizeof(number)];
  std::memcpy(bytes, &number, sizeof(number));
  out.append(bytes, sizeof(bytes));
}

// The rows as bytes, for the way between two processes of one program.
std::string Pack(const absl::StatusOr<std::vector<SheetRow>>& rows) {
  if (!rows.ok()) return absl::StrCat(std::string(1, kRefusal), rows.status().message());
  std::string out(1, kRows);
  for (const SheetRow& row : *rows) {
    AppendNumber(static_cast<uint64_t>(row.number), out);
    AppendNumber(row.cells.size(), out);
    for (const std::string& cell : row.cells) {
      AppendNumber(cell.size(), out);
      out += cell;
    }
  }
  return out;
}

// Takes what Pack made apart; whoever made the bytes may have been led astray.
class Unpacker {
 public:
  explicit Unpacker(absl::string_view bytes) : rest_(bytes) {}

  std::optional<std::vector<SheetRow>> Rows() {
    std::vector<SheetRow> rows;
    while (!rest_.empty()) {
      SheetRow& row = rows.emplace_back();
      const std::optional<uint64_t> number = Number();
      const std::optional<uint64_t> cells = Number();
      if (!number.has_value() || !cells.has_value()) return std::nullopt;
      row.number = static_cast<int64_t>(*number);
      for (uint64_t i = 0; i < *cells; ++i) {
        const std::optional<uint64_t> size = Number();
        if (!size.has_value() || *size > rest_.size()) return std::nullopt;
        row.cells.emplace_back(rest_.substr(0, *size));
        rest_.remove_prefix(*size);
      }
    }
    return rows;
  }

 private:
  std::optional<uint64_t> Number() {
    uint64_t number = 0;
    if (rest_.size() < sizeof(number)) return std::nullopt;
    std::memcpy(&number, rest_.data(), sizeof(number));
    rest_.remove_prefix(sizeof(number));
    return number;
  }

  absl::string_view rest_;
};

void Limit(int resource, rlim_t most) {
  const rlimit limit = {most, most};
  setrlimit(resource, &limit);
}

// The process that may be lost: writes its answer and ends.
[[noreturn]] void ImportAndExit(absl::string_view workbook, absl::string_view name, int answer) {
  Limit(RLIMIT_CORE, 0);
  Limit(RLIMIT_CPU, kMostSeconds);
#ifndef ABSL_HAVE_ADDRESS_SANITIZER  // which maps far more than it uses
  Limit(RLIMIT_AS, kMostMemory);
#endif
  // The library remarks on what it finds.
  const int nowhere = open("/dev/null", O_WRONLY);
  dup2(nowhere, STDOUT_FILENO);
  dup2(nowhere, STDERR_FILENO);
  const std::string packed = Pack(ImportSheet(workbook, name));
  absl::string_view rest = packed;
  while (!rest.empty()) {
    const ssize_t written = write(answer, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) _exit(1);
    rest.remove_prefix(static_cast<size_t>(written));
  }
  _exit(0);
}

// All that comes, or nothing when it is too much.
std::optional<std::string> ReadAll(int descriptor) {
  std::string all;
  char buffer[1 << 16];
  while (true) {
    const ssize_t count = read(descriptor, buffer, sizeof(buffer));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::nullopt;
    if (count == 0) return all;
    all.append(buffer, static_cast<size_t>(count));
    if (all.size() > kMostAnswerBytes) return std::nullopt;
  }
}

bool EndedWell(pid_t process) {
  int status = 0;
  while (waitpid(process, &status, 0) < 0) {
    if (errno != EINTR) return false;
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

absl::StatusOr<std::vector<SheetRow>> ReadSheet(absl::string_view workbook,
                                                absl::string_view name) {
  if (workbook.size() > kMaxWorkbookBytes) {
    return absl::InvalidArgumentError("it has more than 64 MiB");
  }
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return absl::UnavailableError("no pipe could be made");
  const pid_t process = fork();
  if (process == 0) {
    close(ends[0]);
    ImportAndExit(workbook, name, ends[1]);
  }
  close(ends[1]);
  if (process < 0) {
    close(ends[0]);
    return absl::UnavailableError("no process could be made");
  }
  const std::optional<std::string> answer = ReadAll(ends[0]);
  close(ends[0]);
  if (!EndedWell(process) || !answer.has_value() || answer->empty()) {
    return absl::InvalidArgumentError("it is damaged, or more than can be read");
  }
  const absl::string_view rest = absl::string_view(*answer).substr(1);
  if (answer->front() == kRefusal) return absl::InvalidArgumentError(rest);
  std::optional<std::vector<SheetRow>> rows = Unpacker(rest).Rows();
  if (!rows.has_value()) return absl::InvalidArgumentError("it is damaged");
  return *std::move(rows);
}

}  // namespace concordat::workbook
