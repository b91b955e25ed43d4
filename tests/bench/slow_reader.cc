#include "tests/bench/slow_reader.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "tests/support/must.h"

namespace concordat::bench {
namespace {

constexpr unsigned char kAlpn[] = {2, 'h', '2'};
constexpr uint32_t kWidestWindow = 0x7FFFFFFF;
constexpr uint32_t kFirstWindow = 65535;
// The kernel makes it as small as it may be.
constexpr int kReceiveBufferBytes = 1;

// The frames of RFC 9113, 6, that a call needs.
enum class Frame : char { kData = 0, kHeaders = 1, kSettings = 4, kWindowUpdate = 8 };
constexpr char kEndStream = 1;
constexpr char kEndHeaders = 4;
constexpr uint32_t kConnection = 0;
constexpr uint32_t kStream = 1;

// Big-endian.
std::string Number(uint32_t value, int bytes) {
  std::string text;
  for (int i = bytes - 1; i >= 0; --i) text.push_back(static_cast<char>(value >> (8 * i)));
  return text;
}

std::string FrameOf(Frame type, char flags, uint32_t stream, const std::string& payload) {
  return absl::StrCat(Number(static_cast<uint32_t>(payload.size()), 3),
                      std::string{static_cast<char>(type), flags}, Number(stream, 4), payload);
}

// Header fields as HPACK's literals without indexing (RFC 7541, 6.2.2).
std::string FieldOf(absl::string_view name, absl::string_view value) {
  return absl::StrCat(Number(0, 1), Number(static_cast<uint32_t>(name.size()), 1), name,
                      Number(static_cast<uint32_t>(value.size()), 1), value);
}

std::string CallOf(const std::string& path, const std::string& purpose,
                   const std::string& request) {
  const std::string fields = absl::StrCat(
      FieldOf(":method", "POST"), FieldOf(":scheme", "https"), FieldOf(":path", path),
      FieldOf(":authority", "localhost"), FieldOf("te", "trailers"),
      FieldOf("content-type", "application/grpc"), FieldOf("concordat-purpose", purpose));
  const std::string message =
      absl::StrCat(Number(0, 1), Number(static_cast<uint32_t>(request.size()), 4), request);
  return absl::StrCat(
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      // SETTINGS_INITIAL_WINDOW_SIZE
      FrameOf(Frame::kSettings, 0, kConnection, Number(4, 2) + Number(kWidestWindow, 4)),
      FrameOf(Frame::kWindowUpdate, 0, kConnection, Number(kWidestWindow - kFirstWindow, 4)),
      FrameOf(Frame::kHeaders, kEndHeaders, kStream, fields),
      FrameOf(Frame::kData, kEndStream, kStream, message));
}

BioPtr FromText(const std::string& text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

}  // namespace

TlsContextPtr TlsContextOf(const e2e::KeyPair& pair) {
  TlsContextPtr context(SSL_CTX_new(TLS_client_method()));
  const std::string authority = e2e::Certificates::Get().Authority();
  const X509Ptr certificate(
      PEM_read_bio_X509(FromText(pair.certificate).get(), nullptr, nullptr, nullptr));
  const X509Ptr root(PEM_read_bio_X509(FromText(authority).get(), nullptr, nullptr, nullptr));
  const KeyPtr key(PEM_read_bio_PrivateKey(FromText(pair.key).get(), nullptr, nullptr, nullptr));
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  const bool made = SSL_CTX_use_certificate(context.get(), certificate.get()) == 1 &&
                    SSL_CTX_use_PrivateKey(context.get(), key.get()) == 1 &&
                    X509_STORE_add_cert(SSL_CTX_get_cert_store(context.get()), root.get()) == 1 &&
                    SSL_CTX_set_alpn_protos(context.get(), kAlpn, sizeof(kAlpn)) == 0;
  if (!made) Die("a TLS context cannot be made");
  return context;
}

SlowReader::SlowReader(SSL_CTX& context, const std::string& address, const std::string& path,
                       const std::string& purpose, const std::string& request)
    : connection_(BIO_new_ssl_connect(&context)) {
  BIO_set_conn_hostname(connection_.get(), address.c_str());
  if (BIO_do_handshake(connection_.get()) != 1) Die("a slow reader cannot connect");
  BIO_get_fd(connection_.get(), &socket_);
  setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &kReceiveBufferBytes, sizeof(kReceiveBufferBytes));
  const std::string call = CallOf(path, purpose, request);
  const int size = static_cast<int>(call.size());
  if (BIO_write(connection_.get(), call.data(), size) != size) Die("a slow reader cannot write");
}

bool SlowReader::ReadByte() {
  // Below TLS: what the bytes say is of no interest.
  char byte = 0;
  const ssize_t got = recv(socket_, &byte, sizeof(byte), MSG_DONTWAIT);
  return got == 1 || (got == -1 && (errno == EAGAIN || errno == EINTR));
}

}  // namespace concordat::bench
