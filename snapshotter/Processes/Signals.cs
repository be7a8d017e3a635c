using System.Runtime.InteropServices;
using Cairn.Snapshotter.Native;

namespace Cairn.Snapshotter.Processes;

/// <summary>Signals for processes of this host.</summary>
public static class Signals
{
    /// <summary>Number of SIGKILL.</summary>
    public const int Kill = Libc.SIGKILL;

    /// <summary>Number of SIGWINCH: the terminal has another size.</summary>
    public const int WindowChanged = Libc.SIGWINCH;

    /// <summary>Sends a signal.</summary>
    /// <returns>False if there is no such process.</returns>
    /// <exception cref="NativeException">The kernel refuses.</exception>
    public static bool Send(int process, int signal)
    {
        if (Libc.kill(process, signal) == 0)
        {
            return true;
        }

        int errno = Marshal.GetLastPInvokeError();
        return errno == Errno.ESRCH ? false : throw new NativeException("kill", process.ToString(System.Globalization.CultureInfo.InvariantCulture), errno);
    }
}
