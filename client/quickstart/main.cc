// Prints the overdue actions of every plan that the caller may see:
//   quickstart HOST:PORT FOLDER [SERVER_NAME]
// FOLDER holds ca.pem, client.pem and client.key.
#include <iostream>
#include <string>

#include "concordat/client.h"

int main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "usage: quickstart HOST:PORT FOLDER [SERVER_NAME]\n";
    return 2;
  }
  const std::string folder = argv[2];
  auto client = concordat::Client::Connect({.target = argv[1],
                                            .ca_certificate_file = folder + "/ca.pem",
                                            .certificate_file = folder + "/client.pem",
                                            .private_key_file = folder + "/client.key",
                                            .server_name = argc > 3 ? argv[3] : ""});
  if (!client.ok()) {
    std::cerr << client.status() << "\n";
    return 1;
  }
  concordat::v1::ListActionsRequest request;
  request.set_parent("plans/-");
  request.set_overdue(true);
  for (const auto& action : client->ListActions(request)) {
    if (!action.ok()) {
      std::cerr << action.status() << "\n";
      return 1;
    }
    std::cout << action->name() << "  " << action->display_name() << "\n";
  }
}
