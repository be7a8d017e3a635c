using System.Net;

namespace Cairn.Solver.Registry;

/// <summary>Where the registry with a given name is reached.</summary>
internal static class RegistryEndpoint
{
    /// <summary>The host that serves <c>docker.io</c>.</summary>
    public const string DockerHubHost = "registry-1.docker.io";

    /// <summary>The host of requests for a registry as references name it.</summary>
    public static string RequestHost(string host) =>
        string.Equals(host, "docker.io", StringComparison.OrdinalIgnoreCase) || string.Equals(host, "index.docker.io", StringComparison.OrdinalIgnoreCase)
            ? DockerHubHost
            : host;

    /// <summary>The name under which logins for a request host are kept.</summary>
    public static string CredentialHost(string requestHost) => requestHost == DockerHubHost ? "docker.io" : requestHost;

    /// <summary>Whether a host, with or without a port, is this machine: those are spoken to without TLS.</summary>
    public static bool IsLoopback(string host)
    {
        if (!Uri.TryCreate("http://" + host, UriKind.Absolute, out Uri? uri))
        {
            return false;
        }

        string name = uri.Host.Trim('[', ']');
        return name.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || name.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(name, out IPAddress? address) && IPAddress.IsLoopback(address));
    }
}
