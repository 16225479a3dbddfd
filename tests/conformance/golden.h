// Checkpoints, what a reference computed of them, and comparing with it.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <gtest/gtest.h>

namespace ingle {

inline constexpr const char* kFolder = INGLE_SOURCE_DIR "/tests/conformance/";

// Greatest difference between two values of a row, relative to the row's largest.
inline constexpr float kF32Tolerance = 1e-4f;
// Keys and values rounded to eleven bits. Most stay within half of it; Gemma 3n's scores are not
// scaled down, and its gates open at a threshold.
inline constexpr float kHalfCacheTolerance = 0.02f;

// A model and what is known of it.
struct TestedModel {
  std::string name;
  std::string model;   // a file or a folder
  std::string golden;  // .json and .npy behind it
};

inline std::string ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in) << path;
  return {std::istreambuf_iterator<char>(in), {}};
}

// Those that generate have a greedy continuation in their golden.
inline bool Generates(const TestedModel& checkpoint) {
  return ReadFile(checkpoint.golden + ".json").find("\"greedy\"") != std::string::npos;
}

// Those that answer to a source have the tokens of their decoder in it.
inline bool Translates(const TestedModel& checkpoint) {
  return ReadFile(checkpoint.golden + ".json").find("\"decoder\"") != std::string::npos;
}

// The folders of checkpoints/, in no order.
inline std::vector<TestedModel> CheckpointFolders() {
  std::vector<TestedModel> found;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(kFolder) + "checkpoints")) {
    const std::string folder = entry.path().string();
    found.push_back({entry.path().filename().string(), folder, folder + "/golden"});
  }
  return found;
}

// A .npy file of float or int32_t, format version 1: ten bytes, a header whose length the last two
// say, data.
template <class T = float>
std::vector<T> ReadNpy(const std::string& path) {
  const std::string bytes = ReadFile(path);
  if (bytes.size() < 10 || bytes.substr(0, 8) != std::string_view("\x93NUMPY\x01\x00", 8)) {
    ADD_FAILURE() << path << " is not a .npy file";
    return {};
  }
  const auto low = static_cast<uint8_t>(bytes[8]), high = static_cast<uint8_t>(bytes[9]);
  const size_t begin = 10 + low + size_t{256} * high;
  const char* type = std::is_same_v<T, float> ? "'<f4'" : "'<i4'";
  EXPECT_NE(bytes.substr(10, begin - 10).find(type), std::string::npos) << path;
  std::vector<T> values((bytes.size() - begin) / sizeof(T));
  std::copy_n(bytes.data() + begin, values.size() * sizeof(T),
              reinterpret_cast<char*>(values.data()));
  return values;
}

// The greatest difference within a row, relative to the row's largest value, over all rows.
inline float RelativeError(std::span<const float> got, std::span<const float> want,
                           size_t columns) {
  EXPECT_EQ(got.size(), want.size());
  if (got.size() != want.size()) return INFINITY;
  float worst = 0;
  for (size_t begin = 0; begin < want.size(); begin += columns) {
    float difference = 0, largest = 0;
    for (size_t i = begin; i < begin + columns; ++i) {
      if (!std::isfinite(got[i])) return INFINITY;
      difference = std::max(difference, std::abs(got[i] - want[i]));
      largest = std::max(largest, std::abs(want[i]));
    }
    worst = std::max(worst, difference / largest);
  }
  return worst;
}

}  // namespace ingle
