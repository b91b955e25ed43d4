#include "server/ops/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>

#include "absl/time/clock.h"
#include "base/civil_time.h"
#include "nlohmann/json.hpp"

namespace concordat::ops {
namespace {

spdlog::logger& Logger() {
  static const std::shared_ptr<spdlog::logger> logger = [] {
    auto made = std::make_shared<spdlog::logger>("concordatd",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%v");
    made->flush_on(spdlog::level::info);
    return made;
  }();
  return *logger;
}

}  // namespace

void Log(Severity severity, absl::string_view event,
         std::initializer_list<std::pair<absl::string_view, std::string>> fields) {
  constexpr const char* kNames[] = {"info", "warning", "error"};
  constexpr spdlog::level::level_enum kLevels[] = {spdlog::level::info, spdlog::level::warn,
                                                   spdlog::level::err};
  nlohmann::ordered_json line;
  line["time"] = FormatInstant(absl::Now());
  line["severity"] = kNames[static_cast<int>(severity)];
  line["event"] = std::string(event);
  for (const auto& [key, value] : fields) line[std::string(key)] = value;
  Logger().log(kLevels[static_cast<int>(severity)],
               line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

}  // namespace concordat::ops
