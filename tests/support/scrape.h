// What Prometheus would read of a server.
#ifndef CONCORDAT_TESTS_SUPPORT_SCRAPE_H_
#define CONCORDAT_TESTS_SUPPORT_SCRAPE_H_

#include <map>
#include <string>

namespace concordat::e2e {

// What `GET /metrics` answers at `address`, 127.0.0.1 and a port; empty when
// nothing listens there.
std::string Scrape(const std::string& address);

// The samples of a scrape, by name.
std::map<std::string, double> Samples(const std::string& scrape);

}  // namespace concordat::e2e

#endif  // CONCORDAT_TESTS_SUPPORT_SCRAPE_H_
