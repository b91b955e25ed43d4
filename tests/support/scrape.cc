#include "tests/support/scrape.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/support/must.h"

namespace concordat::e2e {

std::string Scrape(const std::string& address) {
  const std::vector<std::string> parts = absl::StrSplit(address, ':');
  int port = 0;
  if (parts.size() != 2 || !absl::SimpleAtoi(parts[1], &port)) Die(address);
  sockaddr_in peer{};
  peer.sin_family = AF_INET;
  peer.sin_port = htons(static_cast<uint16_t>(port));
  inet_pton(AF_INET, parts[0].c_str(), &peer.sin_addr);
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::string answer;
  if (connect(descriptor, reinterpret_cast<const sockaddr*>(&peer), sizeof(peer)) == 0) {
    const std::string request =
        absl::StrCat("GET /metrics HTTP/1.1\r\nHost: ", address, "\r\nConnection: close\r\n\r\n");
    if (write(descriptor, request.data(), request.size()) != static_cast<ssize_t>(request.size())) {
      Die("metrics cannot be asked for");
    }
    char buffer[4096];
    for (ssize_t size; (size = read(descriptor, buffer, sizeof(buffer))) > 0;) {
      answer.append(buffer, static_cast<size_t>(size));
    }
  }
  close(descriptor);
  return answer;
}

std::map<std::string, double> Samples(const std::string& scrape) {
  std::map<std::string, double> samples;
  for (const std::string& line : std::vector<std::string>(absl::StrSplit(scrape, '\n'))) {
    const std::vector<std::string> words = absl::StrSplit(line, ' ', absl::SkipWhitespace());
    double value = 0;
    if (words.size() == 2 && absl::StartsWith(words[0], "concordat_") &&
        absl::SimpleAtod(words[1], &value)) {
      samples[words[0]] = value;
    }
  }
  return samples;
}

}  // namespace concordat::e2e
