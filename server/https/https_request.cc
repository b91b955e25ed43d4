#include "server/https/https_request.h"

#include <curl/curl.h>

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/openssl_ptr.h"
#include "base/status.h"

namespace concordat::https {
namespace {

// A small answer needs few headers; the library itself would keep all.
constexpr size_t kMaxHeaderBytes = 16 << 10;

using EasyPtr = std::unique_ptr<CURL, FreeWith<curl_easy_cleanup>>;
using UrlPtr = std::unique_ptr<CURLU, FreeWith<curl_url_cleanup>>;
using HeadersPtr = std::unique_ptr<curl_slist, FreeWith<curl_slist_free_all>>;

// What the library calls back with while it works.
struct Transfer {
  const std::atomic<bool>& cancelled;
  const size_t max_bytes;
  std::string document;
  size_t header_bytes = 0;
};

// The library's callbacks say "go on" by the number of bytes they were given,
// and "stop" by any other.
size_t TakeBody(const char* bytes, size_t, size_t count, void* transfer) {
  auto& into = *static_cast<Transfer*>(transfer);
  if (count > into.max_bytes - into.document.size()) return 0;
  into.document.append(bytes, count);
  return count;
}

size_t TakeHeader(const char*, size_t, size_t count, void* transfer) {
  auto& into = *static_cast<Transfer*>(transfer);
  into.header_bytes += count;
  return into.header_bytes > kMaxHeaderBytes ? 0 : count;
}

int IsCancelled(void* transfer, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<Transfer*>(transfer)->cancelled.load(std::memory_order_relaxed) ? 1 : 0;
}

bool StartLibrary() {
  static const bool started = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  return started;
}

// Sets options until the first that the library refuses.
class Options {
 public:
  explicit Options(CURL* easy) : easy_(easy) {}
  template <typename Value>
  Options& Set(CURLoption option, Value value) {
    if (result_ == CURLE_OK) result_ = curl_easy_setopt(easy_, option, value);
    return *this;
  }
  CURLcode result() const { return result_; }

 private:
  CURL* const easy_;
  CURLcode result_ = CURLE_OK;
};

long Milliseconds(absl::Duration duration) {
  return static_cast<long>(absl::ToInt64Milliseconds(duration));
}

CURLcode Prepare(CURL* easy, const HttpsAddress& address, Transfer& transfer) {
  return Options(easy)
      .Set(CURLOPT_URL, address.url.c_str())
      .Set(CURLOPT_PROTOCOLS_STR, "https")
      .Set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1))
      .Set(CURLOPT_FOLLOWLOCATION, 0L)
      // The folder of the machine's authorities would count beside the file.
      .Set(CURLOPT_CAPATH, static_cast<const char*>(nullptr))
      .Set(CURLOPT_CAINFO, address.ca_file.c_str())
      .Set(CURLOPT_SSL_VERIFYPEER, 1L)
      .Set(CURLOPT_SSL_VERIFYHOST, 2L)
      .Set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2))
      // Given, even if empty, so that the environment is not asked.
      .Set(CURLOPT_PROXY, address.proxy.c_str())
      .Set(CURLOPT_NOPROXY, "")
      .Set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L)
      .Set(CURLOPT_CONNECTTIMEOUT_MS, Milliseconds(address.connect_timeout))
      .Set(CURLOPT_TIMEOUT_MS, Milliseconds(address.timeout))
      .Set(CURLOPT_NOSIGNAL, 1L)
      .Set(CURLOPT_FAILONERROR, 0L)
      .Set(CURLOPT_WRITEFUNCTION, &TakeBody)
      .Set(CURLOPT_WRITEDATA, &transfer)
      .Set(CURLOPT_HEADERFUNCTION, &TakeHeader)
      .Set(CURLOPT_HEADERDATA, &transfer)
      .Set(CURLOPT_NOPROGRESS, 0L)
      .Set(CURLOPT_XFERINFOFUNCTION, &IsCancelled)
      .Set(CURLOPT_XFERINFODATA, &transfer)
      .result();
}

// A part of the address; empty when it has none.
std::string PartOf(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK) return "";
  const std::unique_ptr<char, FreeWith<curl_free>> owned(text);
  return text;
}

absl::Status CheckUrl(const std::string& text, absl::string_view scheme) {
  const UrlPtr url(curl_url());
  if (url == nullptr || curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) {
    return absl::InvalidArgumentError("is not an address");
  }
  if (PartOf(url.get(), CURLUPART_SCHEME) != scheme) {
    return absl::InvalidArgumentError(absl::StrCat("must begin with ", scheme, "://"));
  }
  if (!PartOf(url.get(), CURLUPART_USER).empty() ||
      !PartOf(url.get(), CURLUPART_PASSWORD).empty()) {
    return absl::InvalidArgumentError("must hold no user and no password");
  }
  if (!PartOf(url.get(), CURLUPART_FRAGMENT).empty()) {
    return absl::InvalidArgumentError("must hold no fragment");
  }
  return absl::OkStatus();
}

// Makes the request a POST. `body` and `headers` outlive the transfer.
CURLcode PreparePost(CURL* easy, const std::string& body, const curl_slist* headers) {
  return Options(easy)
      .Set(CURLOPT_POST, 1L)
      .Set(CURLOPT_POSTFIELDS, body.data())
      .Set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()))
      .Set(CURLOPT_HTTPHEADER, headers)
      .result();
}

// What the library means by a transfer that did not end well.
absl::Status Failure(CURLcode result, const Transfer& transfer) {
  if (result != CURLE_WRITE_ERROR) return absl::UnavailableError(curl_easy_strerror(result));
  return absl::ResourceExhaustedError(
      transfer.header_bytes > kMaxHeaderBytes
          ? absl::StrCat("the answer has more than ", kMaxHeaderBytes, " bytes of headers")
          : absl::StrCat("the answer is larger than ", transfer.max_bytes, " bytes"));
}

// Gets the document, or posts `body` where there is one.
absl::StatusOr<HttpsAnswer> Request(const HttpsAddress& address, const std::string* body,
                                    const std::atomic<bool>& cancelled) {
  RETURN_IF_ERROR(CheckHttpsUrl(address.url));
  if (!StartLibrary()) return absl::UnavailableError("the https library does not start");
  const EasyPtr easy(curl_easy_init());
  const HeadersPtr headers(curl_slist_append(nullptr, "Content-Type: text/plain"));
  if (easy == nullptr || headers == nullptr) {
    return absl::UnavailableError("the https library has no memory");
  }
  Transfer transfer{cancelled, address.max_bytes, {}, 0};
  CURLcode result = Prepare(easy.get(), address, transfer);
  if (result == CURLE_OK && body != nullptr) {
    result = PreparePost(easy.get(), *body, headers.get());
  }
  if (result == CURLE_OK) result = curl_easy_perform(easy.get());
  if (result != CURLE_OK) return Failure(result, transfer);
  HttpsAnswer answer;
  answer.document = std::move(transfer.document);
  curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &answer.status);
  const char* content_type = nullptr;
  curl_easy_getinfo(easy.get(), CURLINFO_CONTENT_TYPE, &content_type);
  if (content_type != nullptr) answer.content_type = content_type;
  return answer;
}

}  // namespace

absl::Status CheckHttpsUrl(const std::string& url) { return CheckUrl(url, "https"); }

absl::Status CheckProxyUrl(const std::string& url) { return CheckUrl(url, "http"); }

absl::StatusOr<std::string> FetchHttps(const HttpsAddress& address,
                                       const std::atomic<bool>& cancelled) {
  ASSIGN_OR_RETURN(HttpsAnswer answer, Request(address, nullptr, cancelled));
  if (answer.status != 200) {
    return absl::UnavailableError(
        absl::StrCat("the answer has the status ", answer.status, ", not 200"));
  }
  return std::move(answer.document);
}

absl::StatusOr<HttpsAnswer> PostHttps(const HttpsAddress& address, const std::string& body,
                                      const std::atomic<bool>& cancelled) {
  return Request(address, &body, cancelled);
}

}  // namespace concordat::https
