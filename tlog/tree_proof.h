// Proofs about the tree (RFC 6962 section 2.1, RFC 9162 section 2.1): that a
// leaf is in it, and that it grew from a smaller one by appending alone. Pure
// functions, safe from any thread.
#ifndef CONCORDAT_TLOG_TREE_PROOF_H_
#define CONCORDAT_TLOG_TREE_PROOF_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "tlog/merkle.h"

namespace concordat::tlog {

// Gives the stored hash of a complete subtree. Its errors are handed on.
using NodeReader = absl::FunctionRef<absl::StatusOr<std::string>(NodeId)>;

// The root of the tree of `size` leaves. INVALID_ARGUMENT when `size` is over
// kMaxTreeSize, DATA_LOSS when the reader gives a hash that has not 32 bytes.
absl::StatusOr<std::string> TreeRoot(uint64_t size, NodeReader reader);

// The audit path of the leaf at `index` in the tree of `size` leaves: the hashes
// beside its way to the root, the leaf's sibling first, at most 63.
// INVALID_ARGUMENT when `index` is not below `size`; else as TreeRoot.
absl::StatusOr<std::vector<std::string>> InclusionProof(uint64_t index, uint64_t size,
                                                        NodeReader reader);

// The proof that the tree of `old_size` leaves is a prefix of the tree of
// `new_size`. Empty where nothing has to be proven: from the empty tree, and
// between equal sizes. INVALID_ARGUMENT when `old_size` is over `new_size`; else
// as TreeRoot.
absl::StatusOr<std::vector<std::string>> ConsistencyProof(uint64_t old_size, uint64_t new_size,
                                                          NodeReader reader);

// Whether the proof shows that the tree with this root has this leaf there.
// INVALID_ARGUMENT when a hash has not 32 bytes, the numbers are out of range or
// the proof has another length than such a proof has; DATA_LOSS when it leads to
// another root.
absl::Status VerifyInclusion(uint64_t index, uint64_t size, absl::string_view leaf_hash,
                             absl::Span<const std::string> proof, absl::string_view root);

// Whether the proof shows that the tree with the new root begins with all of the
// tree with the old root. Errors as of VerifyInclusion.
absl::Status VerifyConsistency(uint64_t old_size, uint64_t new_size,
                               absl::Span<const std::string> proof, absl::string_view old_root,
                               absl::string_view new_root);

}  // namespace concordat::tlog

#endif  // CONCORDAT_TLOG_TREE_PROOF_H_
