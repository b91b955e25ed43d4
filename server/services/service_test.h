// The fixture of the services' tests: a store of its own, and calls as the door
// would make them.
#ifndef CONCORDAT_SERVER_SERVICES_SERVICE_TEST_H_
#define CONCORDAT_SERVER_SERVICES_SERVICE_TEST_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/time/time.h"
#include "auth/grant.h"
#include "auth/policy.h"
#include "gtest/gtest.h"
#include "server/door/call.h"
#include "server/services/apply.h"
#include "server/store/sqlite/sqlite_store.h"
#include "server/store/store.h"
#include "server/store/test_grants.h"
#include "tests/support/must.h"
#include "tests/support/temporary_folder.h"

namespace concordat::door {

// Only the door makes a Call. The services' tests are built without it, and this
// is what stands in its place.
class CallReactor {
 public:
  // A call of the police's `client`, which has `roles`, under `grant`, made at `now`.
  static Call MakeCall(auth::Grant grant,
                       const std::string& client = "agencies/police/clients/feed",
                       std::string method = "", absl::Time now = absl::UnixEpoch(),
                       const auth::Policy::Source& directory = {}, std::vector<v1::Role> roles = {},
                       bool has_on_behalf_of = false) {
    auto principal = std::make_shared<auth::Principal>();
    principal->client = client;
    principal->agency = "agencies/police";
    principal->roles = std::move(roles);
    return Call(std::move(principal), std::move(grant),
                std::make_shared<const auth::Policy>(directory), now, std::move(method),
                has_on_behalf_of);
  }
};

}  // namespace concordat::door

namespace concordat::services {

using store::kNoon;

class ServiceTest : public ::testing::Test {
 protected:
  // Commits one change at `now`.
  void Commit(absl::FunctionRef<void(store::Transaction&)> change, absl::Time now = kNoon) {
    const std::unique_ptr<store::Batch> batch = Must(store_->BeginBatch());
    Must(batch->BeginChange(now));
    change(batch->transaction());
    Must(batch->KeepChange());
    Must(batch->Commit());
  }
  // Commits one revision of one resource.
  void Put(store::Kind kind, const store::Row& row, absl::Time now = kNoon) {
    Commit([&](store::Transaction& transaction) { Must(transaction.Put(grant_, kind, row)); }, now);
  }
  // The same of a message, which has a name.
  template <typename Message>
  void PutMessage(store::Kind kind, const Message& message, bool removed = false) {
    store::Row row;
    row.name = message.name();
    row.recorded = kNoon;
    row.removed = removed;
    row.body = StoredBytes(message);
    Put(kind, row);
  }

  // Over the whole store.
  const auth::Grant grant_ = store::Everything();
  const TemporaryFolder folder_;
  const std::unique_ptr<store::Store> store_ =
      Must(store::OpenSqliteStore(folder_.Path("test.db")));
};

}  // namespace concordat::services

#endif  // CONCORDAT_SERVER_SERVICES_SERVICE_TEST_H_
