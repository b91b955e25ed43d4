// A service that shows a log in memory, whole or as a test wants it to lie.
#ifndef CONCORDAT_CLIENT_AUDIT_TESTING_LOG_CONNECTION_H_
#define CONCORDAT_CLIENT_AUDIT_TESTING_LOG_CONNECTION_H_

#include <cstdint>
#include <functional>
#include <string>

#include "client/mocks/mock_connection.h"
#include "gmock/gmock.h"
#include "tlog/test_log.h"

namespace concordat {

// Answers the calls about the log out of a TestLog. Not thread-safe.
class LogConnection : public ::testing::NiceMock<MockConnection> {
 public:
  // `log` outlives the connection, or the next call of Show.
  explicit LogConnection(const tlog::TestLog& log) : log_(&log) {}

  // Shows another log from now on.
  void Show(const tlog::TestLog& log) { log_ = &log; }

  // Of the checkpoint; with it no bundle below is given.
  uint64_t minimum_index = 0;
  // When set, the note of every checkpoint.
  std::string note;
  // May change a bundle before it is sent; an error ends the stream.
  std::function<absl::Status(uint64_t index, std::string& bundle)> on_bundle;
  // Tiles and bundles sent.
  int tiles_sent = 0;
  int bundles_sent = 0;

  absl::StatusOr<v1::Checkpoint> GetCheckpoint(const v1::GetCheckpointRequest& request,
                                               const CallOptions& options) override;
  absl::StatusOr<v1::GetInclusionProofResponse> GetInclusionProof(
      const v1::GetInclusionProofRequest& request, const CallOptions& options) override;
  absl::StatusOr<v1::GetConsistencyProofResponse> GetConsistencyProof(
      const v1::GetConsistencyProofRequest& request, const CallOptions& options) override;
  absl::Status ReadTiles(const v1::ReadTilesRequest& request, TileSink sink,
                         const CallOptions& options) override;
  absl::Status ReadEntryBundles(const v1::ReadEntryBundlesRequest& request, EntryBundleSink sink,
                                const CallOptions& options) override;

 private:
  v1::Checkpoint Checkpoint() const;

  const tlog::TestLog* log_;
};

}  // namespace concordat

#endif  // CONCORDAT_CLIENT_AUDIT_TESTING_LOG_CONNECTION_H_
