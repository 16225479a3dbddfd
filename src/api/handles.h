// What stands behind the opaque types of ingle.h.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include "engine/engine.h"
#include "engine/generate.h"
#include "engine/turns.h"
#include "ingle/ingle.h"

namespace ingle {

// Shared by the model's handle and those of its sessions: the last one to go takes it along.
struct LoadedModel {
  std::unique_ptr<Engine> engine;
  std::unique_ptr<Engine> draft;  // may be null
  Turns turns;  // held by whoever steps an engine, or makes, cuts or ends a session
};

}  // namespace ingle

struct ingle_model {
  std::shared_ptr<ingle::LoadedModel> loaded;
};

struct ingle_session {
  std::shared_ptr<ingle::LoadedModel> loaded;
  std::unique_ptr<ingle::Session> session;
  std::unique_ptr<ingle::Speculator> speculator;
  std::atomic<bool> cancel{false};
  std::atomic<bool> busy{false};  // to tell a caller who uses a session twice at a time
  ingle::Generation answer;       // what generation points into
  ingle_generation generation{};

  ~ingle_session() {
    const std::lock_guard turn(loaded->turns);
    session.reset();
    speculator.reset();
  }
};

static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may cancel");
