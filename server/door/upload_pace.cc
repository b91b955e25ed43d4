#include "server/door/upload_pace.h"

#include <algorithm>

namespace concordat::door {

void UploadPace::End(Moment now) {
  if (!began_.has_value()) return;
  rests_until_ = now + std::min<Duration>(kRestForWork * (now - *began_), kLongestRest);
  began_.reset();
}

UploadPace::Duration UploadPace::RestAt(Moment now) const {
  return now < rests_until_ ? rests_until_ - now : Duration::zero();
}

}  // namespace concordat::door
