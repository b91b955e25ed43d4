// The server's log: one JSON object a line on standard error.
#ifndef CONCORDAT_SERVER_OPS_LOG_H_
#define CONCORDAT_SERVER_OPS_LOG_H_

#include <initializer_list>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"

namespace concordat::ops {

enum class Severity { kInfo, kWarning, kError };

// Writes `{"time":…,"severity":…,"event":…,<fields>}`. `event` is a snake_case
// word that alarms can be built on. Values hold no secret and nothing that a
// caller wrote. Thread-safe.
void Log(Severity severity, absl::string_view event,
         std::initializer_list<std::pair<absl::string_view, std::string>> fields = {});

}  // namespace concordat::ops

#endif  // CONCORDAT_SERVER_OPS_LOG_H_
