// Constants of the format, shared by the reader and the writer, and the limits that Ingle sets.
#pragma once

#include <cstdint>
#include <string_view>

namespace ingle {

constexpr std::string_view kGgufMagic = "GGUF";
constexpr uint32_t kGgufOldestVersion = 2;  // 1 had 32-bit lengths
constexpr uint32_t kGgufVersion = 3;

constexpr std::string_view kGgufAlignmentKey = "general.alignment";
constexpr uint64_t kGgufDefaultAlignment = 32;
constexpr uint64_t kGgufMinAlignment = 8;
constexpr uint64_t kGgufMaxAlignment = 65536;

constexpr uint64_t kGgufMaxKeyBytes = 65535;  // the format's own limit
constexpr int kGgufMaxRank = 4;               // the format's own limit
// Of metadata arrays; the largest in use are vocabularies and merges, below a million. A sparse
// file can hold billions of empty strings on a few bytes of disk.
constexpr uint64_t kGgufMaxArrayElements = uint64_t{1} << 24;

}  // namespace ingle
