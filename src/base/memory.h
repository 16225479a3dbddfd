// How much memory there is, and how much of it this process has.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace ingle {

// Bytes that this process may still take without others being pushed out: the least of what the
// system says to be available, what the control groups that the process is in leave,
// and what RLIMIT_AS leaves. Files that are merely cached count as available. Nothing where the
// system does not say. root: stands before /proc and /sys, for tests.
std::optional<uint64_t> AvailableMemory(const std::string& root = "");

// A limit that is AvailableMemory() when it is applied; none where the system does not say.
constexpr uint64_t kAvailableMemory = UINT64_MAX;

// Bytes of this process that are in memory, files that it maps among them. 0 where the system does
// not say.
uint64_t ResidentMemory();

// Pages that systems have beside the small ones, on most processors.
constexpr uint64_t kLargePage = uint64_t{2} << 20;

// Asks for large pages for the whole ones in a range that will be filled, or that a file is mapped
// to: a core that reads all of it then looks up few addresses. Where the system has none, nothing
// happens.
void PreferLargePages(const std::byte* data, uint64_t bytes);

// Takes the whole pages of a range out of memory; they are read again when they are looked at.
// REQUIRES: of a file that is mapped and not written.
void ForgetMapped(const std::byte* data, uint64_t bytes);

// Gives whole pages of a range back that was allocated: what they held is lost, and reads as zeros.
void ForgetContents(std::byte* data, uint64_t bytes);

}  // namespace ingle
