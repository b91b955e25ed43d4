#include "tests/support/https_server.h"

#include <arpa/inet.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <functional>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/openssl_ptr.h"
#include "tests/support/must.h"

namespace concordat::e2e {
namespace {

using SslContextPtr = std::unique_ptr<SSL_CTX, FreeWith<SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, FreeWith<SSL_free>>;

constexpr int kPollMilliseconds = 20;
constexpr size_t kMostHeadBytes = 16 << 10;

BioPtr BioOf(const std::string& pem) {
  return BioPtr(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

SslContextPtr ContextOf(const KeyPair& identity) {
  SslContextPtr context(SSL_CTX_new(TLS_server_method()));
  const X509Ptr certificate(
      PEM_read_bio_X509(BioOf(identity.certificate).get(), nullptr, nullptr, nullptr));
  const KeyPtr key(PEM_read_bio_PrivateKey(BioOf(identity.key).get(), nullptr, nullptr, nullptr));
  if (context == nullptr || SSL_CTX_use_certificate(context.get(), certificate.get()) != 1 ||
      SSL_CTX_use_PrivateKey(context.get(), key.get()) != 1) {
    Die("the https server's certificate cannot be used");
  }
  return context;
}

bool IsReadable(int descriptor) {
  pollfd wait{descriptor, POLLIN, 0};
  return poll(&wait, 1, kPollMilliseconds) > 0;
}

// What `read` gives, some bytes at a time or none at the end.
using Reader = std::function<std::string()>;

const std::string kHeadEnd = "\r\n\r\n";

// The head of a request, with what came of its body together with it. Empty when
// it ends early.
std::string HeadFrom(const Reader& read) {
  std::string head;
  while (!absl::StrContains(head, kHeadEnd) && head.size() < kMostHeadBytes) {
    const std::string more = read();
    if (more.empty()) return "";
    head += more;
  }
  return head;
}

// Splits what HeadFrom gave, and reads the rest of the body that it announces.
std::string TakeBody(std::string& head, const Reader& read) {
  std::string body = head.substr(std::min(head.size(), head.find(kHeadEnd) + kHeadEnd.size()));
  head.resize(head.size() - body.size());
  const std::string length = "\r\nContent-Length: ";
  size_t size = 0;
  const size_t at = head.find(length);
  if (at == std::string::npos) return body;
  const std::string from = head.substr(at + length.size());
  if (!absl::SimpleAtoi(from.substr(0, from.find('\r')), &size)) return body;
  while (body.size() < size) {
    const std::string more = read();
    if (more.empty()) return body;
    body += more;
  }
  return body;
}

}  // namespace

HttpsServer::HttpsServer(const Options& options) : options_(options) {
  // A client that goes away in the middle of an answer.
  std::signal(SIGPIPE, SIG_IGN);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(options_.port);
  const int yes = 1;
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  socklen_t size = sizeof(address);
  if (inet_pton(AF_INET, options_.address.c_str(), &address.sin_addr) != 1 ||
      setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) != 0 ||
      bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      listen(listener_, 16) != 0 ||
      getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    Die("the https server cannot listen");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { Loop(); });
}

HttpsServer::~HttpsServer() {
  stopping_ = true;
  thread_.join();
  close(listener_);
}

std::string HttpsServer::url() const {
  return absl::StrCat("https://", options_.address, ":", port_, "/keys");
}

void HttpsServer::Serve(absl::string_view document) {
  ServeRaw(absl::StrCat("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ",
                        document.size(), "\r\n\r\n", document));
}

void HttpsServer::ServeRaw(std::string bytes) {
  absl::MutexLock lock(&mutex_);
  answer_ = std::move(bytes);
  silent_ = false;
}

void HttpsServer::ServeNothing() {
  absl::MutexLock lock(&mutex_);
  silent_ = true;
}

std::string HttpsServer::last_request() const {
  absl::MutexLock lock(&mutex_);
  return last_request_;
}

std::string HttpsServer::last_body() const {
  absl::MutexLock lock(&mutex_);
  return last_body_;
}

std::string HttpsServer::last_connect() const {
  absl::MutexLock lock(&mutex_);
  return last_connect_;
}

void HttpsServer::Loop() {
  while (!stopping_) {
    if (!IsReadable(listener_)) continue;
    const int connection = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) continue;
    Answer(connection);
    close(connection);
  }
}

void HttpsServer::Answer(int connection) {
  // A client that says nothing must not hold up the end of the test.
  timeval patience{2, 0};
  setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  if (options_.behind_proxy) {
    // Byte by byte: what follows belongs to TLS.
    std::string head = HeadFrom([&] {
      char byte = 0;
      return std::string(&byte, recv(connection, &byte, 1, 0) == 1 ? 1 : 0);
    });
    if (!absl::StartsWith(head, "CONNECT ")) return;
    {
      absl::MutexLock lock(&mutex_);
      last_connect_ = std::move(head);
    }
    constexpr absl::string_view kConnected = "HTTP/1.1 200 Connection established\r\n\r\n";
    if (send(connection, kConnected.data(), kConnected.size(), 0) < 0) return;
  }
  const SslContextPtr context = ContextOf(options_.identity);
  const SslPtr tls(SSL_new(context.get()));
  SSL_set_fd(tls.get(), connection);
  if (SSL_accept(tls.get()) != 1) return;
  const Reader read = [&] {
    char bytes[4096];
    const int count = SSL_read(tls.get(), bytes, sizeof(bytes));
    return std::string(bytes, count > 0 ? static_cast<size_t>(count) : 0);
  };
  std::string head = HeadFrom(read);
  if (head.empty()) return;
  std::string body = TakeBody(head, read);
  std::string answer;
  bool silent = false;
  {
    absl::MutexLock lock(&mutex_);
    last_request_ = std::move(head);
    last_body_ = std::move(body);
    answer = answer_;
    silent = silent_;
  }
  ++requests_;
  if (silent) {
    // Until the client goes away, which makes the connection readable.
    while (!stopping_ && !IsReadable(connection)) continue;
    return;
  }
  size_t sent = 0;
  while (sent < answer.size()) {
    const int count = SSL_write(tls.get(), answer.data() + sent,
                                static_cast<int>(std::min<size_t>(answer.size() - sent, 16 << 10)));
    if (count <= 0) return;
    sent += static_cast<size_t>(count);
  }
  SSL_shutdown(tls.get());
}

}  // namespace concordat::e2e
