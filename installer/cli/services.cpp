// SPDX-License-Identifier: Apache-2.0
// dfinstall start (STRDIRFAX) and stop [--wait N] [--restart] (ENDDIRFAX WAIT(N) RESTART(*YES)).
#include "base/gate.hpp"
#include "cli/context.hpp"
#include "core/generation.hpp"
#include "core/runner.hpp"
#include "messages/cli.hpp"
#include "messages/run.hpp"
#include "messages/step.hpp"
#include "messages/system.hpp"

namespace dfi::cli {
namespace {

struct Product {
  Layout layout;
  RunLock lock;  // start and stop never cross a run
  std::vector<Service> services;
  std::unique_ptr<ServiceManager> manager;
};

Product open_product(const Context& context) {
  auto layout = context.layout();
  const auto generation = context.installed(layout);
  auto lock = RunLock::take(layout);
  if (auto journal = Journal::open(layout.journal(), false))
    if (auto run = journal->unfinished()) throw Error(msg::start_refused, {{"run", run->name()}});
  gate::remove_orphan(layout.data());
  auto manager = service_manager(layout.root(), layout.state());
  auto services = generation.services(layout);
  return {std::move(layout), std::move(lock), std::move(services), std::move(manager)};
}

// What wakes the services first: a socket whose service runs already does not start.
void start_all(Context& context, Product& product) {
  for (const auto& trigger : product.manager->triggers(product.services)) {
    if (trigger.active || !trigger.enabled) continue;
    product.manager->start_units({trigger.unit});
    context.line(msg::unit_started, {{"unit", trigger.unit}});
    context.result["started"].push_back(trigger.unit);
  }
  for (const auto& service : product.services) {
    product.manager->start(service);
    context.line(msg::service_started, {{"service", service.name}});
    context.result["started"].push_back(service.name);
  }
}

// Before the services: a socket that still listens would start them again at once.
void stop_triggers(Context& context, Product& product) {
  for (const auto& trigger : product.manager->triggers(product.services)) {
    if (!trigger.active) continue;
    product.manager->stop_units({trigger.unit});
    context.line(msg::unit_stopped, {{"unit", trigger.unit}});
    context.result["stopped"].push_back(trigger.unit);
  }
}

}  // namespace

int start_product(Context& context) {
  auto product = open_product(context);
  context.result["started"] = Json::array();
  start_all(context, product);
  return 0;
}

int stop_product(Context& context) {
  auto product = open_product(context);
  context.result["stopped"] = Json::array();
  stop_triggers(context, product);
  for (const auto& service : product.services) {
    const auto seconds = context.options.wait >= 0 ? context.options.wait : static_cast<int>(service.stop_seconds);
    product.manager->stop(service, std::chrono::seconds(seconds));
    context.line(msg::service_stopped, {{"service", service.name}});
    context.result["stopped"].push_back(service.name);
  }
  if (context.options.restart) {
    context.result["started"] = Json::array();
    start_all(context, product);
  }
  return 0;
}

}  // namespace dfi::cli
