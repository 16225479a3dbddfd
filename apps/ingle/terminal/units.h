// Numbers as people read them.
#pragma once

#include <cstdint>
#include <string>

namespace ingle {

std::string HumanBytes(uint64_t bytes);         // "98.4 MB": decimal, as disks and downloads count
std::string HumanCount(uint64_t count);         // "135 M"
std::string HumanDuration(double seconds);      // "3 s", "1m 20s", "1h 03m"
std::string Grouped(uint64_t number);           // "98,362,432"
std::string Fixed(double value, int decimals);  // "57.1"
std::string Shortest(float value);              // "0.1": as few digits as read back the same

}  // namespace ingle
