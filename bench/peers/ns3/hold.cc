// The hold model on the engine of ns-3: each event schedules another one, after an exponential delay.
#include "common.h"
#include <cmath>

static std::vector<Time> delays;
static uint64_t held = 0;
static uint64_t holds = 0;

static void hold(uint64_t argument) {
  if (held++ == holds) {
    Simulator::Stop();
    return;
  }
  Simulator::Schedule(delays[held & 4095], &hold, argument + 1);
}

int main(int argc, char* argv[]) {
  std::string scheduler = "Map";
  uint32_t pending = 50;
  holds = 1000000;
  CommandLine command;
  command.AddValue("scheduler", "Map or PriorityQueue", scheduler);
  command.AddValue("pending", "events in the queue", pending);
  command.AddValue("holds", "events to run", holds);
  command.Parse(argc, argv);
  GlobalValue::Bind("SchedulerType", StringValue("ns3::" + scheduler + "Scheduler"));

  // The random numbers are not what is measured: a table of them is.
  Ptr<ExponentialRandomVariable> draws = CreateObject<ExponentialRandomVariable>();
  draws->SetAttribute("Mean", DoubleValue(1e9));
  for (int index = 0; index < 4096; index++)
    delays.push_back(NanoSeconds(1 + std::floor(draws->GetValue())));
  for (uint32_t index = 0; index < pending; index++)
    Simulator::Schedule(delays[index & 4095], &hold, uint64_t(index));
  Stopwatch watch;
  Simulator::Run();
  watch.print(holds, "\"events\":" + std::to_string(Simulator::GetEventCount()));
  Simulator::Destroy();
}
