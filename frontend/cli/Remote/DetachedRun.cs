using System.Diagnostics;
using System.Security.Cryptography;
using Cairn.Llb;

namespace Cairn.Cli.Remote;

/// <summary>
/// `cairn build --detach`: starts itself in the background to serve what the build asks of this machine, prints the build's id, and returns. The
/// daemon goes on even when that process ends, as far as nothing more is asked of it.
/// </summary>
internal static class DetachedRun
{
    /// <returns>The exit code.</returns>
    public static async Task<int> StartAsync()
    {
        string id = RandomNumberGenerator.GetString("0123456789abcdefghijklmnopqrstuvwxyz", 25);
        string[] given = Environment.GetCommandLineArgs();
        string program = Environment.ProcessPath ?? given[0];
        bool isHosted = Path.GetFileNameWithoutExtension(program) == "dotnet";   // dotnet cairn.dll …
        IEnumerable<string> arguments = given.Skip(isHosted ? 0 : 1).Where(static argument => argument is not ("--detach" or "--detach=true"));

        // A session of its own, so that the terminal's end is not its end, and nothing of the terminal in it.
        const string Quietly = "exec \"$@\" < /dev/null > /dev/null 2>&1";
        try
        {
            using Process? process = Process.Start("setsid", ["sh", "-c", Quietly, "sh", program, .. arguments, "--build-id", id]);
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new BuildException(ErrorKind.Environment, "run", "setsid", e.Message, "Install util-linux.", e);
        }

        await Console.Out.WriteLineAsync(id);
        return 0;
    }
}
