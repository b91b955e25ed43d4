// Makes a call, and keeps a proof that the service recorded it:
//   prove_call HOST:PORT FOLDER VKEY PROOF [SERVER_NAME]
// FOLDER holds ca.pem, client.pem and client.key; VKEY is the log's verifier key, and
// PROOF the file to write.
#include <chrono>
#include <fstream>
#include <iostream>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "concordat/audit.h"
#include "concordat/client.h"

namespace {

// The proof of the record, once a checkpoint covers it.
absl::StatusOr<concordat::v1::GetInclusionProofResponse> WaitForProof(concordat::Client& client,
                                                                      uint64_t index) {
  concordat::v1::GetInclusionProofRequest request;
  request.set_index(index);
  auto proof = client.GetInclusionProof(request);
  for (int i = 0; i < 60 && absl::IsFailedPrecondition(proof.status()); ++i) {
    std::this_thread::sleep_for(std::chrono::seconds(1));
    proof = client.GetInclusionProof(request);
  }
  return proof;
}

absl::Status ProveCall(const concordat::ClientOptions& options, const std::string& vkey,
                       const std::string& file) {
  auto client = concordat::Client::Connect(options);
  if (!client.ok()) return client.status();
  concordat::Receipt receipt;
  concordat::CallOptions call;
  call.receipt = &receipt;
  if (auto who = client->WhoAmI(call); !who.ok()) return who.status();
  auto proof = WaitForProof(*client, receipt.index());
  if (!proof.ok()) return proof.status();
  auto checkpoint = concordat::VerifyReceipt(receipt, *proof, {.keys = {vkey}});
  if (!checkpoint.ok()) return checkpoint.status();
  auto text = concordat::MakeProofText(receipt, *proof);
  if (!text.ok()) return text.status();
  std::ofstream(file, std::ios::binary) << *text;
  std::cout << "record " << receipt.index() << " is in the log of " << checkpoint->tree_size
            << " records\n";
  return absl::OkStatus();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) {
    std::cerr << "usage: prove_call HOST:PORT FOLDER VKEY PROOF [SERVER_NAME]\n";
    return 2;
  }
  const std::string folder = argv[2];
  const absl::Status status = ProveCall({.target = argv[1],
                                         .ca_certificate_file = folder + "/ca.pem",
                                         .certificate_file = folder + "/client.pem",
                                         .private_key_file = folder + "/client.key",
                                         .server_name = argc > 5 ? argv[5] : ""},
                                        argv[3], argv[4]);
  if (!status.ok()) std::cerr << status << "\n";
  return status.ok() ? 0 : 1;
}
