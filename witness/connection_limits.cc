#include "witness/connection_limits.h"

#include <openssl/bio.h>

namespace concordat::witness {
namespace {

// What a connection may still take.
struct Allowance {
  size_t bytes;
  std::chrono::steady_clock::time_point deadline;
};

Allowance* AllowanceOf(BIO* socket) {
  return reinterpret_cast<Allowance*>(BIO_get_callback_arg(socket));
}

// The library calls this before and after each operation on the socket, and takes
// what it gives for the operation's result; before, zero means that the operation
// is not done.
long OnSocket(BIO* socket, int operation, const char*, size_t, int, long, int result,
              size_t* processed) {
  Allowance* const left = AllowanceOf(socket);
  switch (operation) {
    case BIO_CB_FREE:
      delete left;
      return 1;
    case BIO_CB_READ:
      if (left->bytes > 0 && std::chrono::steady_clock::now() < left->deadline) return 1;
      // Else the last "try again" would still stand, and be followed for ever.
      BIO_clear_retry_flags(socket);
      return 0;
    case BIO_CB_READ | BIO_CB_RETURN:
      if (result > 0) left->bytes -= *processed < left->bytes ? *processed : left->bytes;
      return result;
    default:
      return result;
  }
}

// Called at the beginning of each handshake.
void OnProgress(const SSL* connection, int where, int) {
  if ((where & SSL_CB_HANDSHAKE_START) == 0) return;
  BIO* const socket = SSL_get_rbio(connection);
  if (socket == nullptr || AllowanceOf(socket) != nullptr) return;
  const auto& limits =
      *static_cast<const ConnectionLimits*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(connection)));
  BIO_set_callback_arg(socket,
                       reinterpret_cast<char*>(new Allowance{
                           limits.max_bytes, std::chrono::steady_clock::now() + limits.max_time}));
  BIO_set_callback_ex(socket, &OnSocket);
}

}  // namespace

void LimitConnections(SSL_CTX& context, const ConnectionLimits& limits) {
  SSL_CTX_set_options(&context, SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_app_data(&context, const_cast<ConnectionLimits*>(&limits));
  SSL_CTX_set_info_callback(&context, &OnProgress);
}

}  // namespace concordat::witness
