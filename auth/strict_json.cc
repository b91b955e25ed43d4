#include "auth/strict_json.h"

#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace concordat::auth {
namespace {

using nlohmann::json;

// Looks at the text as it is parsed and stops at the first thing that is
// refused: what the library builds can no longer tell whether a name came twice.
class RuleCheck final : public nlohmann::json_sax<json> {
 public:
  explicit RuleCheck(int max_depth) : max_depth_(max_depth) {}

  // The rule that was broken. Empty for none.
  const std::string& broken() const { return broken_; }

  bool null() override { return true; }
  bool boolean(bool /*value*/) override { return true; }
  bool number_integer(number_integer_t /*value*/) override { return true; }
  bool number_unsigned(number_unsigned_t /*value*/) override { return true; }
  bool number_float(number_float_t /*value*/, const string_t& /*text*/) override { return true; }
  bool binary(binary_t& /*value*/) override { return true; }
  bool string(string_t& value) override { return HasNoNul(value); }

  bool start_object(size_t /*elements*/) override { return Enter(); }
  bool end_object() override { return Leave(); }
  bool start_array(size_t /*elements*/) override { return Enter(); }
  bool end_array() override { return Leave(); }
  bool key(string_t& name) override {
    if (!HasNoNul(name)) return false;
    return names_.back().insert(name).second || Broken("has a member name twice");
  }
  bool parse_error(size_t /*position*/, const std::string& /*token*/,
                   const nlohmann::detail::exception& /*error*/) override {
    return Broken("is not well-formed");
  }

 private:
  bool Enter() {
    names_.emplace_back();
    return names_.size() <= static_cast<size_t>(max_depth_) ||
           Broken(absl::StrCat("is nested more than ", max_depth_, " deep"));
  }
  bool Leave() {
    names_.pop_back();
    return true;
  }
  bool HasNoNul(const std::string& text) {
    return text.find('\0') == std::string::npos || Broken("holds U+0000");
  }
  bool Broken(std::string rule) {
    broken_ = std::move(rule);
    return false;
  }

  const int max_depth_;
  // Of each object that is open; empty for an array.
  std::vector<absl::flat_hash_set<std::string>> names_;
  std::string broken_;
};

absl::Status Refused(absl::string_view rule) {
  return absl::InvalidArgumentError(absl::StrCat("the JSON ", rule));
}

}  // namespace

absl::StatusOr<json> ParseJsonObject(absl::string_view text, const JsonLimits& limits) {
  if (text.size() > limits.max_bytes) {
    return Refused(absl::StrCat("is larger than ", limits.max_bytes, " bytes"));
  }
  if (absl::StartsWith(text, "\xEF\xBB\xBF")) return Refused("begins with a byte order mark");
  // The library takes a NUL for the end and never looks behind it.
  if (absl::StrContains(text, '\0')) return Refused("holds U+0000");
  RuleCheck check(limits.max_depth);
  if (!json::sax_parse(text.begin(), text.end(), &check)) return Refused(check.broken());
  json parsed = json::parse(text.begin(), text.end(), /*cb=*/nullptr, /*allow_exceptions=*/false);
  if (!parsed.is_object()) return Refused("is no object");
  return parsed;
}

const std::string* StringMember(const json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() ? nullptr : found->get_ptr<const json::string_t*>();
}

}  // namespace concordat::auth
