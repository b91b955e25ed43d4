// RedactText: text that should never have been written becomes a tombstone.
#ifndef CONCORDAT_SERVER_SERVICES_REDACTION_H_
#define CONCORDAT_SERVER_SERVICES_REDACTION_H_

#include "absl/status/statusor.h"
#include "concordat/v1/audit_service.pb.h"
#include "server/door/call.h"
#include "server/store/store.h"

namespace concordat::services {

// As AuditService.RedactText promises: an administrator's client proposes, and when
// another client that is an approver's sends the same terms within seven days, every
// free text of the resource that holds the text becomes domain::kTombstone, in every
// revision, and so do its copies: in the figures of a measure, and in answers to request
// ids. The digest of a release is computed anew.
//
// REDACTION_STATE with the metadata `state`, ON_BEHALF_OF_REFUSED, FIELDS_INVALID or
// RESOURCE_NOT_FOUND when it cannot be. Of the text nothing is kept but a keyed digest of
// all terms.
absl::StatusOr<v1::Redaction> RedactText(const door::Call& call,
                                         const v1::RedactTextRequest& request,
                                         store::Transaction& transaction);

}  // namespace concordat::services

#endif  // CONCORDAT_SERVER_SERVICES_REDACTION_H_
