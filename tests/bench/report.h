// What the rounds of a benchmark say together.
#ifndef CONCORDAT_TESTS_BENCH_REPORT_H_
#define CONCORDAT_TESTS_BENCH_REPORT_H_

#include <string>
#include <vector>

#include "tests/bench/load.h"

namespace concordat::bench {

// A middle value and what it lies between.
struct Spread {
  double median = 0;
  double min = 0;
  double max = 0;
};

// Of an even number of values the median is the mean of the middle two; of none
// it is 0.
Spread SpreadOf(std::vector<double> values);

// All rounds at one number of outstanding calls. `other` is empty when only the
// real server was driven; else other[i] and real[i] ran one after the other.
struct Rounds {
  int outstanding = 0;
  std::vector<Measurement> other;
  std::vector<Measurement> real;
  // What the other server is, in a word.
  std::string other_name = "echo";

  // real/other, round by round: what slows the machine for longer than a round
  // slows both, and leaves the ratio alone.
  Spread CallsRatio() const;
  Spread CpuRatio() const;
};

// One line of JSON, without the line's end.
std::string JsonLine(const Rounds& rounds);

// The medians of all as a table for people, with its heading.
std::string Table(const std::vector<Rounds>& all);

}  // namespace concordat::bench

#endif  // CONCORDAT_TESTS_BENCH_REPORT_H_
