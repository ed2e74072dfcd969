// An imitation of the reference failover: six LANs with eight hosts, two routers, a LAN for their
// synchronisation. ns-3 has no CARP, no pf and no pfsync. An advertisement is a packet of the right
// length without HMAC; the standby router waits as long for it; taking over is to take the address.
#include "common.h"

static const uint32_t lans = 6;
static const uint32_t advertBytes = 36;
static const uint32_t syncBytes = 150;

struct Trial {
  Ptr<Node> primary, standby;
  std::vector<NodeContainer> hosts{lans};
  std::vector<Ptr<Socket>> adverts;
  std::vector<Ptr<NetDevice>> standbyDevices;
  std::vector<EventId> backupTimers{lans};
  Ptr<Socket> sync;
  bool isAlive = true;
};

static Trial* trial;

static Ptr<Socket> rawSocket(Ptr<Node> node, Ptr<NetDevice> device, uint32_t protocol) {
  Ptr<Socket> socket = Socket::CreateSocket(node, Ipv4RawSocketFactory::GetTypeId());
  socket->SetAttribute("Protocol", UintegerValue(protocol));
  socket->Bind();
  socket->BindToNetDevice(device);
  return socket;
}

static std::string onLan(uint32_t lan, uint32_t host) {
  return "10.0." + std::to_string(lan + 1) + "." + std::to_string(host);
}

static void advertise(uint32_t lan) {
  if (!trial->isAlive) return;
  trial->adverts[lan]->SendTo(Create<Packet>(advertBytes), 0,
                              InetSocketAddress(Ipv4Address("224.0.0.18"), 0));
  Simulator::Schedule(Seconds(1), &advertise, lan);
}

static void synchronise() {
  if (!trial->isAlive) return;
  trial->sync->SendTo(Create<Packet>(syncBytes), 0, InetSocketAddress(Ipv4Address("172.29.100.252"), 0));
  Simulator::Schedule(Seconds(1), &synchronise);
}

static void takeOver(uint32_t lan) {
  address(trial->standbyDevices[lan], onLan(lan, 254));
  // In the place of a gratuitous ARP.
  const NodeContainer& hosts = trial->hosts[lan];
  for (uint32_t each = 0; each < hosts.GetN(); each++)
    hosts.Get(each)->GetObject<Ipv4L3Protocol>()->GetInterface(1)->GetArpCache()->Flush();
}

static void waitForAdvert(uint32_t lan) {
  trial->backupTimers[lan].Cancel();
  trial->backupTimers[lan] = Simulator::Schedule(MilliSeconds(3391), &takeOver, lan);
}

static void receive(uint32_t lan, Ptr<Socket> socket) {
  while (socket->Recv()) waitForAdvert(lan);
}

static void drain(Ptr<Socket> socket) {
  while (socket->Recv()) {
  }
}

static void die() {
  trial->isAlive = false;
  // Ipv4::SetDown would not do: ns-3 goes on answering ARP for the address of an interface that is down.
  for (uint32_t each = 0; each < trial->primary->GetNDevices(); each++) {
    Ptr<CsmaNetDevice> device = DynamicCast<CsmaNetDevice>(trial->primary->GetDevice(each));
    if (!device) continue;
    device->SetSendEnable(false);
    device->SetReceiveEnable(false);
  }
}

static uint64_t runTrial(double seconds, double diesAt, bool isBridge, const std::string& pcap) {
  Trial here;
  trial = &here;
  NodeContainer routers;
  routers.Create(2);
  InternetStackHelper internet;
  internet.Install(routers);
  here.primary = routers.Get(0);
  here.standby = routers.Get(1);
  for (uint32_t lan = 0; lan < lans; lan++) {
    NodeContainer& hosts = here.hosts[lan];
    // Eight hosts on six LANs.
    hosts.Create(lan < 2 ? 2 : 1);
    internet.Install(hosts);
    NetDeviceContainer devices = joinLan(NodeContainer(routers, hosts), isBridge);
    address(devices.Get(0), onLan(lan, 251));
    address(devices.Get(0), onLan(lan, 254));
    address(devices.Get(1), onLan(lan, 252));
    for (uint32_t each = 0; each < hosts.GetN(); each++) {
      address(devices.Get(2 + each), onLan(lan, 10 + each));
      defaultRoute(hosts.Get(each), onLan(lan, 254));
    }
    here.standbyDevices.push_back(devices.Get(1));
    here.adverts.push_back(rawSocket(here.primary, devices.Get(0), 112));
    rawSocket(here.standby, devices.Get(1), 112)->SetRecvCallback([lan](Ptr<Socket> socket) { receive(lan, socket); });
    Simulator::Schedule(MilliSeconds(10 * lan), &advertise, lan);
    waitForAdvert(lan);
    if (!pcap.empty()) {
      CsmaHelper csma;
      csma.EnablePcap(pcap, devices, false);
    }
  }
  NetDeviceContainer sync = joinLan(routers, isBridge);
  address(sync.Get(0), "172.29.100.251");
  address(sync.Get(1), "172.29.100.252");
  here.sync = rawSocket(here.primary, sync.Get(0), 240);
  rawSocket(here.standby, sync.Get(1), 240)->SetRecvCallback(&drain);
  Simulator::Schedule(MilliSeconds(500), &synchronise);
  Simulator::Schedule(Seconds(diesAt), &die);
  ping(here.hosts[1].Get(0), onLan(0, 10), Seconds(1), MilliSeconds(200), Seconds(seconds));
  Simulator::Stop(Seconds(seconds));
  Simulator::Run();
  const uint64_t events = Simulator::GetEventCount();
  Simulator::Destroy();
  return events;
}

int main(int argc, char* argv[]) {
  std::string lan = "bridge";
  std::string pcap;
  uint32_t trials = 10;
  double seconds = 60;
  double diesAt = 30;
  CommandLine command;
  command.AddValue("lan", "hub or bridge", lan);
  command.AddValue("trials", "with their set-up", trials);
  command.AddValue("seconds", "simulated in each", seconds);
  command.AddValue("diesAt", "second at which the primary dies", diesAt);
  command.AddValue("pcap", "prefix of captures on all ports", pcap);
  command.Parse(argc, argv);
  GlobalValue::Bind("ChecksumEnabled", BooleanValue(true));
  Stopwatch watch;
  uint64_t events = 0;
  for (uint32_t each = 0; each < trials; each++) events += runTrial(seconds, diesAt, lan == "bridge", pcap);
  watch.print(trials, workDone(events));
}
