// What the three programs share: CPU time, LANs, addresses, and one line of JSON as the result.
#pragma once
#include "ns3/bridge-module.h"
#include "ns3/core-module.h"
#include "ns3/csma-module.h"
#include "ns3/internet-apps-module.h"
#include "ns3/internet-module.h"
#include "ns3/network-module.h"
#include <chrono>
#include <cstdio>
#include <string>
#include <sys/resource.h>
#include <vector>

using namespace ns3;

/** Seconds of CPU of this process, user and system. */
inline double cpuSeconds() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec +
         (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/** Time since it was made: of the CPU and of the clock on the wall. */
class Stopwatch {
public:
  void print(double units, const std::string& work) const {
    const double cpu = cpuSeconds() - m_cpu;
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - m_wall;
    std::printf("{\"units\":%.0f,\"cpuSeconds\":%.6f,\"wallSeconds\":%.6f,\"work\":{%s}}\n", units,
                cpu, wall.count(), work.c_str());
  }

private:
  double m_cpu = cpuSeconds();
  std::chrono::steady_clock::time_point m_wall = std::chrono::steady_clock::now();
};

inline uint64_t framesSent = 0;
inline uint64_t replies = 0;

inline void countFrame(Ptr<const Packet>) { framesSent++; }
inline void countReply(Time) { replies++; }

/** The whole run so far, as members of a JSON object. */
inline std::string workDone(uint64_t events) {
  return "\"frames\":" + std::to_string(framesSent) + ",\"replies\":" + std::to_string(replies) +
         ",\"events\":" + std::to_string(events);
}

/**
 * Joins the nodes: on one shared cable (a hub), or each with a cable of its own to a learning bridge.
 * Every frame on every cable is counted once. The devices returned are those of the nodes, in order.
 */
inline NetDeviceContainer joinLan(const NodeContainer& nodes, bool isBridge) {
  CsmaHelper csma;
  csma.SetChannelAttribute("DataRate", StringValue("1Gbps"));
  csma.SetChannelAttribute("Delay", TimeValue(MicroSeconds(1)));
  NetDeviceContainer ends;
  NetDeviceContainer all;
  if (!isBridge) {
    ends = csma.Install(nodes);
    all = ends;
  } else {
    Ptr<Node> bridge = CreateObject<Node>();
    NetDeviceContainer ports;
    for (uint32_t each = 0; each < nodes.GetN(); each++) {
      NetDeviceContainer cable = csma.Install(NodeContainer(nodes.Get(each), bridge));
      ends.Add(cable.Get(0));
      ports.Add(cable.Get(1));
      all.Add(cable);
    }
    BridgeHelper().Install(bridge, ports);
  }
  for (uint32_t each = 0; each < all.GetN(); each++)
    all.Get(each)->TraceConnectWithoutContext("PhyTxEnd", MakeCallback(&countFrame));
  return ends;
}

/** Gives a device its address, a /24. No queue discipline is installed: ns-3 is faster without. */
inline uint32_t address(Ptr<NetDevice> device, const std::string& text) {
  Ptr<Ipv4> ipv4 = device->GetNode()->GetObject<Ipv4>();
  int32_t index = ipv4->GetInterfaceForDevice(device);
  if (index < 0) index = ipv4->AddInterface(device);
  ipv4->AddAddress(index, Ipv4InterfaceAddress(Ipv4Address(text.c_str()), Ipv4Mask("/24")));
  ipv4->SetUp(index);
  return index;
}

inline void defaultRoute(Ptr<Node> node, const std::string& gateway) {
  Ipv4StaticRoutingHelper helper;
  helper.GetStaticRouting(node->GetObject<Ipv4>())
      ->SetDefaultRoute(Ipv4Address(gateway.c_str()), 1);
}

inline void ping(Ptr<Node> from, const std::string& to, Time interval, Time start, Time stop) {
  V4PingHelper helper(Ipv4Address(to.c_str()));
  helper.SetAttribute("Interval", TimeValue(interval));
  ApplicationContainer application = helper.Install(from);
  application.Start(start);
  application.Stop(stop);
  application.Get(0)->TraceConnectWithoutContext("Rtt", MakeCallback(&countReply));
}
