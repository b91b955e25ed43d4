#include "client/doctor/tls_probe.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <memory>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "auth/openssl_values.h"
#include "base/civil_time.h"
#include "base/openssl_ptr.h"

namespace concordat::doctor {
namespace {

using ContextPtr = std::unique_ptr<SSL_CTX, FreeWith<SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, FreeWith<SSL_free>>;

constexpr unsigned char kAlpn[] = {2, 'h', '2'};
// RFC 9113, 3.4: the client's preface, and an empty SETTINGS frame.
constexpr absl::string_view kPreface("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", 33);
constexpr size_t kFrameHeaderBytes = 9;
constexpr unsigned char kSettingsFrame = 4;

// What is noted during one handshake.
struct Handshake {
  const ClientOptions* options = nullptr;
  std::string name;
  // Errors of the library's verification, in its order.
  std::vector<int> errors;
  X509Ptr leaf;
  // The issuer of the last certificate of the chain that came.
  std::string last_issuer;
};

bool IsAboutDates(int error) {
  return error == X509_V_ERR_CERT_HAS_EXPIRED || error == X509_V_ERR_CERT_NOT_YET_VALID;
}

std::string InstantOf(const ASN1_TIME* time) {
  const std::optional<absl::Time> instant = auth::ToAbslTime(time);
  return instant.has_value() ? FormatInstant(*instant) : "?";
}

bool HasName(X509* leaf, const std::string& name) {
  if (IsAddress(name)) return X509_check_ip_asc(leaf, name.c_str(), 0) == 1;
  return X509_check_host(leaf, name.data(), name.size(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS,
                         nullptr) == 1;
}

// The names that the certificate is for, as text.
std::string NamesOf(X509* leaf) {
  const GeneralNamesPtr names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(leaf, NID_subject_alt_name, nullptr, nullptr)));
  std::string text;
  for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const BioPtr bio(BIO_new(BIO_s_mem()));
    GENERAL_NAME_print(bio.get(), sk_GENERAL_NAME_value(names.get(), i));
    absl::StrAppend(&text, text.empty() ? "" : ", ", auth::TextOf(bio.get()));
  }
  return text.empty() ? "no name" : text;
}

// Notes what is wrong with the chain, and lets the handshake go on.
int NoteVerification(int ok, X509_STORE_CTX* store) {
  auto* const ssl =
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto& noted = *static_cast<Handshake*>(SSL_get_app_data(ssl));
  if (ok != 1) noted.errors.push_back(X509_STORE_CTX_get_error(store));
  if (noted.leaf == nullptr) {
    X509* const leaf = X509_STORE_CTX_get0_cert(store);
    X509_up_ref(leaf);
    noted.leaf.reset(leaf);
    STACK_OF(X509)* const sent = X509_STORE_CTX_get0_untrusted(store);
    X509* const last = sk_X509_num(sent) > 0 ? sk_X509_value(sent, sk_X509_num(sent) - 1) : leaf;
    noted.last_issuer = auth::NameText(X509_get_issuer_name(last));
  }
  return 1;
}

// Called when the server has shown its certificate and asks for ours.
int ShowCertificate(SSL* ssl, void* argument) {
  const auto& noted = *static_cast<Handshake*>(argument);
  if (!noted.errors.empty() || noted.leaf == nullptr || !HasName(noted.leaf.get(), noted.name)) {
    return 1;
  }
  SSL_use_certificate_chain_file(ssl, noted.options->certificate_file.c_str());
  SSL_use_PrivateKey_file(ssl, noted.options->private_key_file.c_str(), SSL_FILETYPE_PEM);
  return 1;
}

// The library's newest words, or those of the socket, about a call that failed.
std::string Words(const SSL* ssl, int outcome) {
  const int socket_error = errno;
  const unsigned long error = ERR_peek_last_error();
  const int kind = SSL_get_error(ssl, outcome);
  std::string words;
  if (error != 0 && ERR_GET_REASON(error) != SSL_R_UNEXPECTED_EOF_WHILE_READING) {
    const char* const reason = ERR_reason_error_string(error);
    words = reason == nullptr ? "an error of the TLS library" : reason;
  } else if (kind == SSL_ERROR_WANT_READ || socket_error == EAGAIN) {
    words = "no answer in time";
  } else {
    words = "the connection was closed";
  }
  ERR_clear_error();
  return words;
}

absl::Status JudgeAuthority(const Handshake& noted) {
  const auto error = std::find_if_not(noted.errors.begin(), noted.errors.end(), &IsAboutDates);
  if (error == noted.errors.end()) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat("the server's chain ends with issuer ",
                                             noted.last_issuer, " (",
                                             X509_verify_cert_error_string(*error), ")"));
}

absl::Status JudgeDates(const Handshake& noted) {
  if (std::none_of(noted.errors.begin(), noted.errors.end(), &IsAboutDates)) {
    return absl::OkStatus();
  }
  return absl::UnavailableError(absl::StrCat(
      "the server's certificate is valid from ", InstantOf(X509_get0_notBefore(noted.leaf.get())),
      " to ", InstantOf(X509_get0_notAfter(noted.leaf.get())), ", or its issuer's is not"));
}

absl::Status JudgeName(const Handshake& noted) {
  if (HasName(noted.leaf.get(), noted.name)) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat("the server's certificate is for ",
                                             NamesOf(noted.leaf.get()), ", not for ", noted.name));
}

absl::Status JudgeAlpn(const SSL* ssl) {
  const unsigned char* chosen = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl, &chosen, &size);
  const absl::string_view protocol(reinterpret_cast<const char*>(chosen), size);
  if (protocol == "h2") return absl::OkStatus();
  return absl::UnavailableError(protocol.empty() ? "the server chose no protocol by ALPN"
                                                 : "the server chose another than h2");
}

// With TLS 1.3 a refusal of our certificate comes after the handshake, where the
// server's first frame would be.
absl::Status AwaitSettings(SSL* ssl) {
  int outcome = SSL_write(ssl, kPreface.data(), static_cast<int>(kPreface.size()));
  std::array<unsigned char, kFrameHeaderBytes> frame = {};
  if (outcome > 0) outcome = SSL_read(ssl, frame.data(), frame.size());
  if (outcome <= 0) return absl::UnauthenticatedError(Words(ssl, outcome));
  if (static_cast<size_t>(outcome) == frame.size() && frame[3] == kSettingsFrame) {
    return absl::OkStatus();
  }
  return absl::UnavailableError("the server does not speak HTTP/2");
}

// A peer that hangs up is an answer here, and not the end of the program.
class IgnoredPipeSignal {
 public:
  IgnoredPipeSignal() {
    struct sigaction ignore = {};
    ignore.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &ignore, &earlier_);
  }
  ~IgnoredPipeSignal() { sigaction(SIGPIPE, &earlier_, nullptr); }
  IgnoredPipeSignal(const IgnoredPipeSignal&) = delete;
  IgnoredPipeSignal& operator=(const IgnoredPipeSignal&) = delete;

 private:
  struct sigaction earlier_ = {};
};

ContextPtr MakeContext(const ClientOptions& options, Handshake& noted) {
  ContextPtr context(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_load_verify_file(context.get(), options.ca_certificate_file.c_str());
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, &NoteVerification);
  SSL_CTX_set_cert_cb(context.get(), &ShowCertificate, &noted);
  SSL_CTX_set_alpn_protos(context.get(), kAlpn, sizeof(kAlpn));
  ERR_clear_error();
  return context;
}

}  // namespace

TlsFindings ProbeTls(const Socket& socket, const ClientOptions& options, const std::string& name) {
  const IgnoredPipeSignal ignored;
  Handshake noted;
  noted.options = &options;
  noted.name = name;
  const ContextPtr context = MakeContext(options, noted);
  const SslPtr ssl(SSL_new(context.get()));
  SSL_set_app_data(ssl.get(), &noted);
  if (!IsAddress(name)) SSL_set_tlsext_host_name(ssl.get(), name.c_str());
  SSL_set_fd(ssl.get(), socket.descriptor());
  const int outcome = SSL_connect(ssl.get());

  TlsFindings findings;
  const absl::Status finished =
      outcome == 1 ? absl::OkStatus() : absl::UnavailableError(Words(ssl.get(), outcome));
  if (noted.leaf == nullptr) {
    findings.spoke_tls =
        finished.ok() ? absl::UnavailableError("the server showed no certificate") : finished;
    return findings;
  }
  findings.protocol = absl::StrCat(SSL_get_version(ssl.get()), ", ", SSL_get_cipher(ssl.get()));
  findings.server = absl::StrCat(NamesOf(noted.leaf.get()), ", issued by ",
                                 auth::NameText(X509_get_issuer_name(noted.leaf.get())));
  findings.authority = JudgeAuthority(noted);
  findings.dates = JudgeDates(noted);
  findings.name = JudgeName(noted);
  findings.alpn = JudgeAlpn(ssl.get());
  const bool is_ours = findings.authority.ok() && findings.dates.ok() && findings.name.ok();
  if (is_ours && !finished.ok()) {
    findings.accepted = absl::UnauthenticatedError(finished.message());
  } else if (is_ours && findings.alpn.ok()) {
    findings.accepted = AwaitSettings(ssl.get());
  }
  return findings;
}

}  // namespace concordat::doctor
