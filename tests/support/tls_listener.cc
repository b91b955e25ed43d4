#include "tests/support/tls_listener.h"

#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <memory>
#include <tuple>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/openssl_ptr.h"
#include "tests/support/must.h"

namespace concordat::e2e {
namespace {

using ContextPtr = std::unique_ptr<SSL_CTX, FreeWith<SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, FreeWith<SSL_free>>;

constexpr int kLookMilliseconds = 50;

sockaddr_in Loopback(int port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// A bound socket of a free port, and its address.
std::pair<int, std::string> Bind() {
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof(address);
  if (bind(descriptor, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    Die("no port of loopback is free");
  }
  return {descriptor, absl::StrCat("127.0.0.1:", ntohs(address.sin_port))};
}

std::string ReadHeader(int descriptor) {
  std::string header;
  char byte = 0;
  while (!absl::EndsWith(header, "\r\n\r\n") && recv(descriptor, &byte, 1, 0) == 1) {
    header.push_back(byte);
  }
  return header;
}

// False when one side has closed.
bool Pass(int from, int to) {
  std::array<char, 16384> bytes = {};
  const ssize_t count = recv(from, bytes.data(), bytes.size(), 0);
  return count > 0 && send(to, bytes.data(), static_cast<size_t>(count), MSG_NOSIGNAL) == count;
}

int ChooseH2(SSL*, const unsigned char** out, unsigned char* size, const unsigned char*, unsigned,
             void*) {
  *out = reinterpret_cast<const unsigned char*>("h2");
  *size = 2;
  return SSL_TLSEXT_ERR_OK;
}

ContextPtr MakeContext(const KeyPair& pair, bool chooses_h2) {
  ContextPtr context(SSL_CTX_new(TLS_server_method()));
  const auto bio_of = [](const std::string& pem) {
    return BioPtr(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  };
  const X509Ptr certificate(
      PEM_read_bio_X509(bio_of(pair.certificate).get(), nullptr, nullptr, nullptr));
  const KeyPtr key(PEM_read_bio_PrivateKey(bio_of(pair.key).get(), nullptr, nullptr, nullptr));
  if (SSL_CTX_use_certificate(context.get(), certificate.get()) != 1 ||
      SSL_CTX_use_PrivateKey(context.get(), key.get()) != 1) {
    Die("a listener's certificate cannot be used");
  }
  if (chooses_h2) SSL_CTX_set_alpn_select_cb(context.get(), &ChooseH2, nullptr);
  return context;
}

}  // namespace

LoopbackListener::LoopbackListener(std::function<void(int)> serve) : serve_(std::move(serve)) {
  // A client that hangs up early is no fault of these servers.
  std::signal(SIGPIPE, SIG_IGN);
  std::tie(socket_, address_) = Bind();
  if (listen(socket_, SOMAXCONN) != 0) Die("a listener does not listen");
  thread_ = std::thread([this] { Loop(); });
}

LoopbackListener::~LoopbackListener() {
  stop_ = true;
  thread_.join();
  close(socket_);
}

void LoopbackListener::Loop() {
  while (!stop_) {
    pollfd waiting = {socket_, POLLIN, 0};
    if (poll(&waiting, 1, kLookMilliseconds) <= 0) continue;
    const int descriptor = accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC);
    if (descriptor < 0) continue;
    ++connections_;
    const timeval patience = {5, 0};
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    serve_(descriptor);
    close(descriptor);
  }
}

std::function<void(int)> ServeTls(KeyPair pair, bool chooses_h2, std::atomic<bool>* shown) {
  return [pair = std::move(pair), chooses_h2, shown](int descriptor) {
    const ContextPtr context = MakeContext(pair, chooses_h2);
    const SslPtr ssl(SSL_new(context.get()));
    SSL_set_fd(ssl.get(), descriptor);
    SSL_set_verify(ssl.get(), SSL_VERIFY_PEER, [](int, X509_STORE_CTX*) { return 1; });
    SSL_accept(ssl.get());
    if (shown != nullptr) *shown = SSL_get0_peer_certificate(ssl.get()) != nullptr;
  };
}

std::function<void(int)> ServeProxyAnswer(std::string answer) {
  return [answer = std::move(answer)](int descriptor) {
    ReadHeader(descriptor);
    send(descriptor, answer.data(), answer.size(), MSG_NOSIGNAL);
  };
}

std::function<void(int)> ServeTunnel(std::string target) {
  int port = 0;
  if (!absl::SimpleAtoi(target.substr(target.find(':') + 1), &port)) Die(target);
  return [port](int descriptor) {
    ReadHeader(descriptor);
    const int onward = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = Loopback(port);
    if (connect(onward, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
      Die("the proxy's target does not listen");
    }
    constexpr char kOpen[] = "HTTP/1.1 200 Connection established\r\n\r\n";
    send(descriptor, kOpen, sizeof(kOpen) - 1, MSG_NOSIGNAL);
    bool open = true;
    while (open) {
      pollfd waiting[2] = {{descriptor, POLLIN, 0}, {onward, POLLIN, 0}};
      poll(waiting, 2, -1);
      if (waiting[0].revents != 0) open = Pass(descriptor, onward);
      if (open && waiting[1].revents != 0) open = Pass(onward, descriptor);
    }
    close(onward);
  };
}

std::string UnusedAddress() {
  // Bound once and closed: the system hands out others first.
  const auto [descriptor, address] = Bind();
  close(descriptor);
  return address;
}

}  // namespace concordat::e2e
