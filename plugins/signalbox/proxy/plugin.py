"""What `litellm_settings.callbacks` names: importing this module starts the plugin inside the proxy."""

from asyncio import get_running_loop

from signalbox.proxy.admin import admin_routes
from signalbox.proxy.counting import counting_routes
from signalbox.proxy.garbage import NEEDED, Collector
from signalbox.proxy.gate import Gate
from signalbox.proxy.hooks import Signalbox
from signalbox.proxy.litellm_api import add_routes, add_routes_first, config_path, on_shutdown
from signalbox.proxy.runtime import Runtime

signalbox = Signalbox(Runtime.start(config_path()))
add_routes(admin_routes(signalbox.runtime))
add_routes_first(Gate(signalbox.runtime.active.plan), *counting_routes(signalbox.runtime.active.plan).routes)
on_shutdown(signalbox.runtime.stop)
signalbox.runtime.watch()
if NEEDED:
    Collector(get_running_loop()).start()
