// ReleaseService: the only way out for figures.
#ifndef CONCORDAT_SERVER_SERVICES_RELEASE_SERVICE_H_
#define CONCORDAT_SERVER_SERVICES_RELEASE_SERVICE_H_

#include <memory>

#include "absl/status/statusor.h"
#include "concordat/v1/release_service.pb.h"
#include "server/door/call.h"
#include "server/door/message_source.h"
#include "server/door/stepped_read.h"
#include "server/services/publication.h"
#include "server/store/store.h"

namespace concordat::services {

// Each method is the RPC of its name (release_service.proto). Thread-safe.
class ReleaseService {
 public:
  explicit ReleaseService(const store::Store& store)
      : store_(store), publication_(std::make_unique<Publication>(store)) {}

  absl::StatusOr<v1::ListReleasesResponse> ListReleases(
      const door::Call& call, const v1::ListReleasesRequest& request) const;
  absl::StatusOr<v1::Release> GetRelease(const door::Call& call,
                                         const v1::GetReleaseRequest& request) const;
  absl::StatusOr<v1::ListObservationsResponse> ListObservations(
      const door::Call& call, const v1::ListObservationsRequest& request) const;
  absl::StatusOr<std::unique_ptr<door::MessageSource<v1::ExtractObservationsResponse>>>
  ExtractObservations(std::shared_ptr<const door::Call> call,
                      const v1::ExtractObservationsRequest& request) const;
  absl::StatusOr<v1::ImportReleaseResponse> ImportRelease(const door::Call& call,
                                                          const v1::ImportReleaseRequest& request,
                                                          store::Transaction& transaction) const;
  absl::StatusOr<std::unique_ptr<door::SteppedRead<v1::PreviewReleaseResponse>>> PreviewRelease(
      std::shared_ptr<const door::Call> call, const v1::PreviewReleaseRequest& request) const;
  absl::StatusOr<v1::Release> PublishRelease(const door::Call& call,
                                             const v1::PublishReleaseRequest& request,
                                             store::Transaction& transaction) const;
  absl::StatusOr<v1::Release> WithdrawRelease(const door::Call& call,
                                              const v1::WithdrawReleaseRequest& request,
                                              store::Transaction& transaction) const;

 private:
  const store::Store& store_;
  std::unique_ptr<Publication> publication_;
};

}  // namespace concordat::services

#endif  // CONCORDAT_SERVER_SERVICES_RELEASE_SERVICE_H_
