#include "client/doctor/proxy.h"

#include <initializer_list>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace concordat::doctor {
namespace {

constexpr size_t kMostHeaderBytes = 8192;

// The first variable that is set, with its value.
std::optional<std::pair<std::string, std::string>> FirstSet(
    const ReadVariable& read, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (std::optional<std::string> value = read(name)) return {{name, *std::move(value)}};
  }
  return std::nullopt;
}

// `HTTPS_PROXY is set, but ...` when only a name that gRPC does not read is set.
std::string UnreadVariable(const ReadVariable& read) {
  for (const char* name : {"HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "all_proxy"}) {
    if (read(name).has_value()) {
      return absl::StrCat(name, " is set, but gRPC reads https_proxy only");
    }
  }
  return "none is set";
}

ProxyChoice Straight(std::string reason) { return {std::nullopt, "", std::move(reason)}; }

// Whether gRPC goes past the proxy: by the end of the host's name, and nothing else.
bool IsExcepted(absl::string_view host, absl::string_view list) {
  for (const absl::string_view entry : absl::StrSplit(list, ',', absl::SkipEmpty())) {
    if (absl::EndsWithIgnoreCase(host, entry)) return true;
  }
  return false;
}

ProxyChoice ReadProxy(const std::string& variable, absl::string_view value) {
  if (value.empty()) return Straight(absl::StrCat(variable, " is empty"));
  if (!absl::ConsumePrefix(&value, "http://")) {
    return Straight(absl::StrCat(variable, " is no http:// address, so gRPC does not use it"));
  }
  value = value.substr(0, value.find_first_of("/?#"));
  const std::vector<absl::string_view> parts = absl::StrSplit(value, '@');
  const absl::StatusOr<HostPort> proxy = ParseTarget(parts.back());
  if (parts.size() > 2 || !proxy.ok()) {
    return Straight(absl::StrCat(variable, " cannot be read, so gRPC does not use it"));
  }
  ProxyChoice choice{*proxy, "", absl::StrCat(variable, " names ", ToString(*proxy))};
  if (parts.size() == 2)
    choice.authorization = absl::StrCat("Basic ", absl::Base64Escape(parts[0]));
  return choice;
}

}  // namespace

ProxyChoice ChooseProxy(absl::string_view host, const ReadVariable& read) {
  const auto proxy = FirstSet(read, {"grpc_proxy", "https_proxy", "http_proxy"});
  if (!proxy.has_value()) return Straight(UnreadVariable(read));
  ProxyChoice choice = ReadProxy(proxy->first, proxy->second);
  if (!choice.proxy.has_value()) return choice;
  const auto exceptions = FirstSet(read, {"no_grpc_proxy", "no_proxy"});
  if (exceptions.has_value() && IsExcepted(host, exceptions->second)) {
    return Straight(absl::StrCat(exceptions->first, " excepts this host from ", proxy->first));
  }
  return choice;
}

absl::Status AskProxy(const Socket& socket, const ProxyChoice& choice, const HostPort& target) {
  const std::string endpoint = ToString(target);
  std::string request = absl::StrCat("CONNECT ", endpoint, " HTTP/1.0\r\nHost: ", endpoint, "\r\n");
  if (!choice.authorization.empty()) {
    absl::StrAppend(&request, "Proxy-Authorization: ", choice.authorization, "\r\n");
  }
  request += "\r\n";
  if (send(socket.descriptor(), request.data(), request.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(request.size())) {
    return absl::UnavailableError("the proxy hung up");
  }
  // One byte at a time: what follows the answer's end belongs to TLS.
  std::string answer;
  char byte = 0;
  while (!absl::EndsWith(answer, "\r\n\r\n")) {
    if (answer.size() == kMostHeaderBytes || recv(socket.descriptor(), &byte, 1, 0) != 1) {
      return absl::UnavailableError("the proxy sent no whole HTTP answer");
    }
    answer.push_back(byte);
  }
  const absl::string_view status_line = absl::string_view(answer).substr(0, answer.find("\r\n"));
  const std::vector<absl::string_view> words = absl::StrSplit(status_line, absl::MaxSplits(' ', 2));
  int code = 0;
  if (words.size() >= 2 && absl::StartsWith(words[0], "HTTP/") &&
      absl::SimpleAtoi(words[1], &code) && code >= 200 && code < 300) {
    return absl::OkStatus();
  }
  return absl::UnavailableError(absl::StrCat("the proxy answered `", status_line, "`"));
}

}  // namespace concordat::doctor
