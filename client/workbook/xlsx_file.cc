#include "client/workbook/xlsx_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"

namespace concordat::workbook {
namespace {

// More than a sheet's file has beside its rows.
constexpr off_t kRoomBesideRows = off_t{1} << 20;

// A name alone has no parent.
std::string FolderOf(const std::string& path) {
  return (std::filesystem::path(".") / path).parent_path().string();
}

lxw_workbook* NewWorkbook(const std::string& path, XlsxFile::Storage storage) {
  std::string folder = FolderOf(path);
  lxw_workbook_options options = {};
  options.constant_memory = storage == XlsxFile::Storage::kSpooled ? LXW_TRUE : LXW_FALSE;
  options.tmpdir = folder.data();
  return workbook_new_opt(path.c_str(), &options);
}

// The bytes of a sheet's spooled rows; -1 when some of them could not be written.
off_t SpooledBytes(lxw_worksheet* sheet) {
  lxw_worksheet_write_single_row(sheet);
  std::FILE* const rows = sheet->optimize_tmpfile;
  return std::fflush(rows) == 0 && std::ferror(rows) == 0 ? ftello(rows) : -1;
}

// Whether there is room for a file of so many bytes.
bool Fits(off_t bytes, const std::string& folder) {
  std::string name = absl::StrCat(folder, "/.workbook-XXXXXX");
  const int descriptor = mkstemp(name.data());
  if (descriptor < 0) return false;
  unlink(name.c_str());
  const bool fits = posix_fallocate(descriptor, 0, bytes) == 0;
  close(descriptor);
  return fits;
}

absl::Status CannotWrite(const char* why) {
  return absl::UnavailableError(absl::StrCat("the workbook cannot be written: ", why));
}

}  // namespace

XlsxFile::XlsxFile(const std::string& path, Storage storage)
    : folder_(FolderOf(path)), workbook_(NewWorkbook(path, storage)) {}

XlsxFile::~XlsxFile() {
  if (workbook_ != nullptr) lxw_workbook_free(workbook_);
}

lxw_worksheet* XlsxFile::AddSheet(const std::string& name) {
  lxw_worksheet* const sheet = workbook_add_worksheet(workbook_, name.c_str());
  if (sheet != nullptr && sheet->optimize_tmpfile != nullptr) spooled_.push_back(sheet);
  return sheet;
}

absl::Status XlsxFile::Close() {
  // The library looks at no result of its writes to temporary files, the spooled rows and
  // the sheet that it then makes of them. On a full disk it would leave out rows and say
  // nothing.
  off_t largest = 0;
  for (lxw_worksheet* sheet : spooled_) {
    const off_t bytes = SpooledBytes(sheet);
    if (bytes < 0) return CannotWrite("its rows do not fit on the disk");
    largest = std::max(largest, bytes);
  }
  if (!spooled_.empty() && !Fits(largest + kRoomBesideRows, folder_)) {
    return CannotWrite("it does not fit on the disk");
  }
  const lxw_error error = workbook_close(std::exchange(workbook_, nullptr));
  return error == LXW_NO_ERROR ? absl::OkStatus() : CannotWrite(lxw_strerror(error));
}

lxw_error PutText(lxw_worksheet* sheet, lxw_row_t row, lxw_col_t column, const std::string& text,
                  lxw_format* format) {
  return worksheet_write_string(sheet, row, column, text.c_str(), format);
}

}  // namespace concordat::workbook
