using Cairn.Frontend.Dockerfile.Images;
using Cairn.Frontend.Dockerfile.Instructions;
using Cairn.Frontend.Dockerfile.Parsing;
using Cairn.Llb;

namespace Cairn.Frontend.Dockerfile.Lowering;

/// <summary>Instructions that change the image config only.</summary>
internal sealed partial class StageLowering
{
    private static readonly string[] DefaultShell = ["/bin/sh", "-c"];
    private static readonly string[] WindowsShell = ["cmd", "/S", "/C"];

    private void LowerConfig(Instruction instruction)
    {
        switch (instruction)
        {
            case CmdInstruction command:
                Image.Cmd = WithShell(command.Command);
                Image.ArgsEscaped = true;
                _stage.HasCommand = true;
                Record($"CMD {GoText.QuotedList(Image.Cmd)}", makesLayer: false);
                break;
            case EntrypointInstruction entrypoint:
                Image.Entrypoint = WithShell(entrypoint.Command);
                Image.Cmd = _stage.HasCommand ? Image.Cmd : [];
                Record($"ENTRYPOINT {GoText.QuotedList(Image.Entrypoint)}", makesLayer: false);
                break;
            case ShellInstruction shell:
                Image.Shell = shell.Shell;
                Record($"SHELL [{string.Join(' ', shell.Shell)}]", makesLayer: false);
                break;
            case UserInstruction user:
                _stage.User = Image.User = Expand(user.User);
                Record($"USER {Image.User}", makesLayer: false);
                break;
            case VolumeInstruction volume:
                LowerVolume(volume);
                break;
            case ExposeInstruction expose:
                LowerExpose(expose);
                break;
            case StopSignalInstruction stop:
                Image.StopSignal = SignalNames.Check(Expand(stop.Signal));
                Record($"STOPSIGNAL {Image.StopSignal}", makesLayer: false);
                break;
            case MaintainerInstruction maintainer:
                Image.Author = maintainer.Author;
                Record($"MAINTAINER {maintainer.Author}", makesLayer: false);
                break;
            case HealthCheckInstruction check:
                Image.HealthCheck = check.Check;
                Record($"HEALTHCHECK {check.Check}", makesLayer: false);
                break;
            case OnBuildInstruction trigger:
                Image.OnBuild = [.. Image.OnBuild, trigger.Expression];
                break;
            default:
                throw new BuildException(ErrorKind.Internal, "lower instruction", instruction.Name, "no rule for it");
        }
    }

    private List<string> WithShell(CommandLine command) => WithShell(command.Arguments, command.IsShellForm);

    private List<string> WithShell(IReadOnlyList<string> arguments, bool isShellForm)
    {
        if (!isShellForm || arguments.Count == 0)
        {
            return [.. arguments];
        }
        IReadOnlyList<string> shell = Image.Shell.Count > 0 ? Image.Shell : Image.Os == "windows" ? WindowsShell : DefaultShell;
        return [.. shell, string.Join(' ', arguments)];
    }

    private void LowerVolume(VolumeInstruction volume)
    {
        var paths = volume.Paths.Select(Expand).ToList();
        if (paths.Contains(""))
        {
            throw new SyntaxFault("VOLUME specified can not be an empty string");
        }
        Image.Volumes.UnionWith(paths);
        Record($"VOLUME [{string.Join(' ', paths)}]", makesLayer: false);
    }

    private void LowerExpose(ExposeInstruction expose)
    {
        IEnumerable<string> words = expose.Ports.SelectMany(port => Expander().ExpandWords(port, _stage.Variables));
        var ports = new List<string>();
        foreach (string word in words.Order(StringComparer.Ordinal))
        {
            var spec = PortSpec.Parse(word);
            ports.AddRange(spec.Ports);
            ReportPort(spec, word);
        }
        Image.ExposedPorts.UnionWith(ports);
        Record($"EXPOSE [{string.Join(' ', ports)}]", makesLayer: false);
    }
}
