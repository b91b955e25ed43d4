// By the name beside it, which is the same where the SDK is installed.
#include "mock_connection.h"

namespace concordat {

MockConnection::MockConnection() = default;
MockConnection::~MockConnection() = default;

}  // namespace concordat
