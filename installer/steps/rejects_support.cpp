// SPDX-License-Identifier: Apache-2.0
#include "steps/rejects_support.hpp"

#include "base/durable.hpp"
#include "messages/rehearse.hpp"

namespace dfi::steps {
namespace {

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() > end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

void keep(const fs::path& from, const fs::path& directory) {
  durable::make_directories(directory, 0750);
  durable::copy_file(from, directory / from.filename());
}

}  // namespace

void keep_rejects(Run& run) {
  const auto rejects = run.layout().rejects(run.id()), rescued = run.layout().rescued(run.id());
  for (const auto& path : worked_on(run)) {
    const auto shadow = Layout::shadow(path, run.id());
    const auto prefix = shadow.filename().string() + ".";
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(shadow.parent_path(), none)) {
      const auto name = entry.path().filename().string();
      if (name.rfind(prefix, 0) != 0) continue;
      const Args args{{"file", path.filename().string()}};
      if (ends_with(name, ".rejects.jsonl")) keep(entry.path(), rejects);
      if (ends_with(name, ".rejects")) {
        keep(entry.path(), rejects);
        run.warn(msg::rejects_kept, {args[0], {"path", (rejects / name).string()}});
      }
      if (ends_with(name, ".dependents.sql")) {
        keep(entry.path(), rescued);
        run.say(msg::dependents_kept, {args[0], {"path", (rescued / name).string()}});
      }
    }
  }
}

}  // namespace dfi::steps
