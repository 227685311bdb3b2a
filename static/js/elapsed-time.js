// <elapsed-time data-seconds="12.3">: counts on from what the server said, by this device's own clock.
class ElapsedTime extends HTMLElement {
  connectedCallback() {
    this.began = performance.now() - Number(this.dataset.seconds) * 1000;
    this.timer = setInterval(() => this.show(), 1000);
    this.show();
  }

  disconnectedCallback() { clearInterval(this.timer); }

  show() {
    const seconds = Math.round((performance.now() - this.began) / 1000);
    const { short, long } = this.dataset;
    if (seconds < 100) this.textContent = short.replace("{seconds}", seconds);
    else this.textContent = long.replace("{minutes}", Math.floor(seconds / 60)).replace("{seconds}", seconds % 60);
  }
}

customElements.define("elapsed-time", ElapsedTime);
