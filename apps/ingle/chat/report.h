// What a generation was like, for people and for programs.
#pragma once

#include <string>

#include "engine/engine.h"
#include "engine/generate.h"
#include "json_output.h"

namespace ingle {

// "34 prompt tokens at 283.1/s, 120 tokens at 57.1/s, first after 130 ms, seed 7; length"
std::string StatsLine(const Generation& generation, uint64_t seed);

// The object that --json prints, without what only a conversation has.
Json ReportJson(const Engine& engine, const std::string& text, const Generation& generation,
                uint64_t seed);

}  // namespace ingle
