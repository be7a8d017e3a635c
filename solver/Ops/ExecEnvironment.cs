using System.Text;
using Cairn.Llb;
using Cairn.Protos.Pb;
using Cairn.Solver.Sessions;

namespace Cairn.Solver.Ops;

/// <summary>The environment of an exec op.</summary>
internal static class ExecEnvironment
{
    private const string DefaultPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    /// <summary>The op's own variables, then proxies, a path if there is none, and secrets.</summary>
    /// <exception cref="BuildException">Input: the client lacks a secret.</exception>
    public static async Task<IReadOnlyList<string>> OfAsync(ExecOp exec, ISessionGroup sessions, CancellationToken cancellationToken)
    {
        List<string> variables = [.. exec.Meta.Env];
        if (exec.Meta.ProxyEnv is ProxyEnv proxy)
        {
            Add("HTTP_PROXY", proxy.HttpProxy);
            Add("HTTPS_PROXY", proxy.HttpsProxy);
            Add("FTP_PROXY", proxy.FtpProxy);
            Add("NO_PROXY", proxy.NoProxy);
            Add("ALL_PROXY", proxy.AllProxy);
        }

        if (!variables.Exists(variable => variable.StartsWith("PATH=", StringComparison.Ordinal)))
        {
            variables.Add(DefaultPath);
        }

        foreach (SecretEnv secret in exec.Secretenv)
        {
            byte[]? value = await Secrets.FindAsync(sessions, secret.ID, secret.Optional, cancellationToken);
            variables.Add($"{secret.Name}={(value is null ? "" : Encoding.UTF8.GetString(value))}");
        }

        return variables;

        void Add(string name, string value)
        {
            if (value.Length > 0)
            {
                variables.Add($"{name}={value}");
                variables.Add($"{name.ToLowerInvariant()}={value}");
            }
        }
    }
}
