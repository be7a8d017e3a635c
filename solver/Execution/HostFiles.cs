using System.Security.Cryptography;
using System.Text;
using Cairn.Protos.Pb;
using Cairn.Snapshotter.Trees;

namespace Cairn.Solver.Execution;

/// <summary>The files about the network that a process finds in its <c>/etc</c>, written once for each content.</summary>
internal sealed class HostFiles
{
    private const string HostResolver = "/etc/resolv.conf";
    private const string SystemdResolver = "/run/systemd/resolve/resolv.conf";
    private static readonly string[] PublicServers = ["nameserver 8.8.8.8", "nameserver 8.8.4.4", "nameserver 2001:4860:4860::8888", "nameserver 2001:4860:4860::8844"];

    private readonly string _directory;

    /// <summary>Writes nothing yet.</summary>
    /// <param name="directory">Where the files go.</param>
    public HostFiles(string directory) => _directory = directory;

    /// <summary>Path of an <c>/etc/hosts</c>.</summary>
    public string Hosts(string hostName, IReadOnlyList<HostIP> extraHosts)
    {
        var text = new StringBuilder()
            .Append("127.0.0.1\tlocalhost ").Append(hostName).Append('\n')
            .Append("::1\tlocalhost ip6-localhost ip6-loopback\n");
        foreach (HostIP extra in extraHosts)
        {
            text.Append(extra.IP).Append('\t').Append(extra.Host).Append('\n');
        }

        return Keep("hosts", text.ToString());
    }

    /// <summary>Path of an <c>/etc/resolv.conf</c>.</summary>
    /// <param name="network">In this machine's network the machine's own servers can be reached, so its file is passed on as it is.</param>
    public string Resolver(NetMode network)
    {
        string text = File.Exists(HostResolver) ? File.ReadAllText(HostResolver) : "";
        return Keep("resolv.conf", network == NetMode.None ? WithoutLoopback(text) : text);
    }

    private static string WithoutLoopback(string text)
    {
        string[] servers = [.. Servers(text)];
        if (servers is ["127.0.0.53"] && File.Exists(SystemdResolver))
        {
            text = File.ReadAllText(SystemdResolver);
        }

        List<string> lines = [.. text.TrimEnd('\n').Split('\n').Where(line => !Servers(line).Any(IsLoopback))];
        if (!Servers(string.Join('\n', lines)).Any())
        {
            lines.AddRange(PublicServers);
        }

        return string.Join('\n', lines) + "\n";
    }

    private static IEnumerable<string> Servers(string text) =>
        text.Split('\n').Select(line => line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)).Where(words => words is ["nameserver", _, ..]).Select(words => words[1]);

    private static bool IsLoopback(string server) => server.StartsWith("127.", StringComparison.Ordinal) || server == "::1";

    private string Keep(string name, string text)
    {
        byte[] content = Encoding.UTF8.GetBytes(text);
        string path = Path.Combine(_directory, $"{name}-{Convert.ToHexStringLower(SHA256.HashData(content))[..16]}");
        if (!File.Exists(path))
        {
            Directory.CreateDirectory(_directory);
            string staged = $".{Guid.NewGuid():n}";
            using (RootedTree directory = RootedTree.Open(_directory))
            {
                directory.WriteFile("/" + staged, content, 0x1a4, FileOwner.Root, times: null);   // 0644, whatever the umask: every user must be able to read it
            }

            File.Move(Path.Combine(_directory, staged), path, overwrite: true);
        }

        return path;
    }
}
