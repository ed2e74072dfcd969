// The forwarding path: client - LAN - two routers - LAN - server; the first router carries the ping.
#include "common.h"

int main(int argc, char* argv[]) {
  std::string lan = "bridge";
  std::string pcap;
  double seconds = 5;
  uint32_t intervalUs = 1000;
  CommandLine command;
  command.AddValue("lan", "hub or bridge", lan);
  command.AddValue("seconds", "simulated", seconds);
  command.AddValue("intervalUs", "between two echo requests", intervalUs);
  command.AddValue("pcap", "prefix of captures on both ports of the first router", pcap);
  command.Parse(argc, argv);
  GlobalValue::Bind("ChecksumEnabled", BooleanValue(true));

  NodeContainer nodes;
  nodes.Create(4);
  InternetStackHelper().Install(nodes);
  Ptr<Node> client = nodes.Get(0), first = nodes.Get(1), second = nodes.Get(2),
            server = nodes.Get(3);
  const bool isBridge = lan == "bridge";
  NetDeviceContainer left = joinLan(NodeContainer(client, first, second), isBridge);
  NetDeviceContainer right = joinLan(NodeContainer(server, first, second), isBridge);
  const char* hosts[] = {"10", "251", "252"};
  for (uint32_t each = 0; each < 3; each++) {
    address(left.Get(each), std::string("10.0.1.") + hosts[each]);
    address(right.Get(each), std::string("10.0.2.") + hosts[each]);
  }
  defaultRoute(client, "10.0.1.251");
  defaultRoute(server, "10.0.2.251");
  ping(client, "10.0.2.10", MicroSeconds(intervalUs), Seconds(0), Seconds(seconds));
  if (!pcap.empty()) {
    CsmaHelper csma;
    csma.EnablePcap(pcap, NetDeviceContainer(left.Get(1), right.Get(1)), false);
  }
  Simulator::Stop(Seconds(seconds + 1));
  Stopwatch watch;
  Simulator::Run();
  watch.print(framesSent, workDone(Simulator::GetEventCount()));
  Simulator::Destroy();
}
